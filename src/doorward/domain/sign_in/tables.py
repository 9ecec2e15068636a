"""Where sign-ins under way stand."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, Table

from doorward.infra.database.base import Id, Moment, metadata

sign_in_attempts: Final = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Id, primary_key=True),
    # Whom it is about, if we know anyone; sealed, for it tells which addresses have accounts.
    Column("state", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("completed_at", Moment),
    Index("ix_sign_in_attempts_expires_at", "expires_at"),
)
