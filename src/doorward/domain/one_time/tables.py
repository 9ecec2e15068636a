"""Where values that work once stand, without anything that would open something."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table

from doorward.infra.database.base import Id, Moment, metadata
from doorward.infra.database.dialect import Key

one_time_values: Final = Table(
    "one_time_values",
    metadata,
    Column("id", Id, primary_key=True),
    # What it is for: the name of its kind.
    Column("kind", Key, nullable=False),
    # Nobody where the value was made for an address without an account, so that both cost the same.
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE")),
    Column("sealed", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
    Index("ix_one_time_values_user_id", "user_id"),
    Index("ix_one_time_values_expires_at", "expires_at"),
)
