"""Where credentials stand."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, literal_column

from doorward.infra.database.base import Id, Moment, metadata
from doorward.infra.database.dialect import Key

credentials: Final = Table(
    "credentials",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("method", Key, nullable=False),
    # What the method finds it by, such as the id of a passkey.
    Column("lookup_key", Key),
    Column("sealed", LargeBinary, nullable=False),
    Column("label", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Index("uq_credentials_method_lookup_key", "method", "lookup_key", unique=True),
    Index("ix_credentials_user_id", "user_id"),
    Index(
        "uq_credentials_one_password",
        "user_id",
        unique=True,
        postgresql_where=literal_column("method = 'password'"),
        sqlite_where=literal_column("method = 'password'"),
    ),
)
