"""Where sessions stand. Secrets are stored as fingerprints only."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, literal_column

from doorward.infra.database.base import Id, Json, Moment, metadata

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # `cookie` for browsers, `token` for programs.
    Column("kind", Text, nullable=False),
    # Of the cookie's value, or of the present refresh token.
    Column("secret_hash", LargeBinary, nullable=False),
    # How often the refresh token was rotated, and when last.
    Column("generation", Integer, nullable=False),
    Column("rotated_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("authenticated_at", Moment, nullable=False),
    Column("last_used_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("end_reason", Text),
    # How the user proved who they are, as RFC 8176 names it.
    Column("methods", Json, nullable=False),
    Column("address", Text),
    Column("user_agent", Text),
    # Of cookies only: a refresh then changes no indexed column, and PostgreSQL need not touch the indexes at all.
    Index(
        "uq_sessions_secret_hash",
        "secret_hash",
        unique=True,
        postgresql_where=literal_column("kind = 'cookie'"),
        sqlite_where=literal_column("kind = 'cookie'"),
    ),
    Index("ix_sessions_user_id_id", "user_id", "id"),
    Index("ix_sessions_expires_at", "expires_at"),
)
