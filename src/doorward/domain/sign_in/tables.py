"""Where sign-ins under way stand, and why some were refused."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from doorward.infra.database.base import Id, Json, Moment, metadata
from doorward.infra.database.dialect import Key

sign_in_attempts: Final = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Id, primary_key=True),
    # Whom it is about, if we know anyone, and how far it is; sealed, for it tells which addresses have accounts.
    Column("state", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("completed_at", Moment),
    Index("ix_sign_in_attempts_expires_at", "expires_at"),
)

sign_in_traces: Final = Table(
    "sign_in_traces",
    metadata,
    # The support code that the person was given.
    Column("code", Key, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE")),
    # The code of the problem that it ended with.
    Column("outcome", Text, nullable=False),
    Column("steps", Json, nullable=False),
    Column("request_id", Text),
    Column("created_at", Moment, nullable=False),
    Index("ix_sign_in_traces_user_id", "user_id"),
    Index("ix_sign_in_traces_created_at", "created_at"),
)
