"""Where events and jobs stand."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, literal_column

from doorward.infra.database.base import Id, Json, Moment, metadata

events: Final = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type", Text, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Id),
    Column("session_id", Id),
    Column("user_id", Id),
    Column("target", Text),
    Column("request_id", Text),
    Column("data", Json, nullable=False),
    Index("ix_events_user_id_id", "user_id", "id"),
    Index("ix_events_type_id", "type", "id"),
)

# What an event says of a person stands apart, so that erasing the person leaves the log whole.
event_persons: Final = Table(
    "event_persons",
    metadata,
    Column("event_id", Id, ForeignKey("events.id"), primary_key=True),
    # `account` for the person acted on, `actor` for somebody else who acted.
    Column("side", Text, primary_key=True),
    Column("user_id", Id),
    Column("data", Json, nullable=False),
    Index("ix_event_persons_user_id", "user_id"),
)

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text),
    Column("payload", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("run_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", Moment),
    Column("leased_by", Text),
    Column("dead_at", Moment),
    Column("last_error", Text),
    Index("uq_jobs_key", "key", unique=True),
    Index(
        "ix_jobs_run_at",
        "run_at",
        postgresql_where=literal_column("dead_at IS NULL"),
        sqlite_where=literal_column("dead_at IS NULL"),
    ),
)

schedules: Final = Table(
    "schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_run_at", Moment, nullable=False),
)
