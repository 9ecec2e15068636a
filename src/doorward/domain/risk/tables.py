"""Where wrong answers are counted, and which devices are known."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from doorward.infra.database.base import Id, Moment, metadata

failed_attempts: Final = Table(
    "failed_attempts",
    metadata,
    # A MAC of what is counted: an account, an unknown identifier, either with an address, or a device. It tells nobody
    # which identifiers were tried.
    Column("key", LargeBinary, primary_key=True),
    # For unlocking. No foreign key: an account may be erased while somebody guesses.
    Column("user_id", Id),
    # Since the last success or lock; those under way count until they turn out right.
    Column("failed", Integer, nullable=False),
    # Since the last success.
    Column("total", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("last_failed_at", Moment, nullable=False),
    Column("blocked_until", Moment, nullable=False),
    Index("ix_failed_attempts_user_id", "user_id"),
    Index("ix_failed_attempts_last_failed_at", "last_failed_at"),
)

spent_challenges: Final = Table(
    "spent_challenges",
    metadata,
    # The random part of a solved challenge; it serves once.
    Column("random", LargeBinary, primary_key=True),
    Column("expires_at", Moment, nullable=False),
    Index("ix_spent_challenges_expires_at", "expires_at"),
)

devices: Final = Table(
    "devices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # Of the secret that the device keeps; the same for all who use one browser. None for a program that keeps nothing.
    Column("secret_hash", LargeBinary),
    Column("user_agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    # Until when its user is asked for no second factor on it.
    Column("trusted_until", Moment),
    Index("uq_devices_secret_hash_user_id", "secret_hash", "user_id", unique=True),
    Index("ix_devices_user_id", "user_id"),
    Index("ix_devices_last_seen_at", "last_seen_at"),
)
