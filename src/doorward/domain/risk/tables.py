"""Where wrong answers are counted."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, Table

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
