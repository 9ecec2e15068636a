"""Where the database is and how connections to it behave."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class DatabaseSettings(BaseModel):
    """The database. Its address is `DATABASE_URL`; without it, an SQLite file in the data folder is used."""

    url: str = Field(
        default="",
        description="`sqlite:///path/to/file` or `postgresql://user:password@host:5432/name`. `DATABASE_URL` sets it too. "
        "Empty means `doorward.sqlite3` in the data folder.",
        json_schema_extra={"secret": True},
    )
    replica_url: str = Field(
        default="",
        description="A read replica (streaming) of the PostgreSQL database: lists of users and of events, and exports, are read "
        "there. `DATABASE_REPLICA_URL` sets it too. Nothing that decides is ever read from it.",
        json_schema_extra={"secret": True},
    )
    replica_lag_seconds: float = Field(
        default=5.0,
        ge=2,
        le=3600,
        description="By how many seconds the replica may be behind. While it is further behind or away, the primary answers.",
    )
    pool_size: int = Field(default=10, ge=1, le=1000, description="PostgreSQL connections per process.")
    pool_wait_seconds: float = Field(
        default=3.0, gt=0, description="How long a request waits for a free connection before it is answered 503."
    )
    connect_timeout_seconds: float = Field(default=5.0, gt=0, description="How long opening a connection may take.")
    statement_timeout_seconds: float = Field(
        default=10.0, gt=0, description="How long one statement may take before it is ended and answered 503."
    )
    prepared_statements: bool = Field(
        default=True, description="Off for PgBouncer in transaction mode, which cannot keep prepared statements."
    )
    busy_timeout_seconds: float = Field(
        default=5.0, gt=0, description="SQLite: how long to wait for another process that holds the write lock."
    )
    synchronous: Literal["full", "normal"] = Field(
        default="full",
        description="SQLite: `full` survives a power cut with every acknowledged change; `normal` is faster and may lose "
        "the last moments then, but never when only the process dies.",
    )
    log_queries: bool = Field(default=False, description="Log each statement with its time, for development.")
    slow_query_seconds: float = Field(
        default=0.5, gt=0, description="A statement that takes longer is logged as a warning, without its values."
    )
    slow_query_plan: bool = Field(
        default=False,
        description="Log the plan of a slow statement too, at most once a minute for each statement, made for made-up values.",
    )
    auto_migrate: bool | None = Field(
        default=None,
        description="Bring the schema up to date at start. Unset means yes in development and no in production.",
    )
