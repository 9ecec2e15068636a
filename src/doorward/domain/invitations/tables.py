"""Where invitations stand. The link's secret stands nowhere: see `one_time`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Table, Text, literal_column

from doorward.infra.database.base import Id, Json, Moment, metadata
from doorward.infra.database.dialect import Key

invitations: Final = Table(
    "invitations",
    metadata,
    # Also the id of the value that works once.
    Column("id", Id, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Key, nullable=False),
    Column("roles", Json, nullable=False),
    Column("invited_by", Id),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("accepted_at", Moment),
    Column("revoked_at", Moment),
    Index(
        "uq_invitations_open_address_key",
        "address_key",
        unique=True,
        postgresql_where=literal_column("accepted_at IS NULL AND revoked_at IS NULL"),
        sqlite_where=literal_column("accepted_at IS NULL AND revoked_at IS NULL"),
    ),
    Index("ix_invitations_expires_at", "expires_at"),
)
