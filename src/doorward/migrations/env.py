"""How Alembic reaches the database. Run by `infra.database.migrate` only."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

import doorward.features  # noqa: F401 - its tables fill the metadata
from doorward.infra.database.base import metadata
from doorward.infra.database.migrate import LOCK_SECONDS

url: str = context.config.attributes["url"]

# Any number will do, as long as it is always the same: whoever holds the lock migrates, the others wait and find it done.
_LOCK = 0x646F6F7277617264
_TURN_SECONDS = 0.2


def _render(kind: str, value: Any, autogenerate: Any) -> str | Literal[False]:
    """Writes our own column types into new revisions by their names."""
    module = type(value).__module__
    if kind == "type" and module.startswith("doorward."):
        autogenerate.imports.add(f"from {module} import {type(value).__name__}")
        return f"{type(value).__name__}()"
    return False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=_render,
        transaction_per_migration=True,
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _begin_for_real(engine: Any) -> None:
    """Python's sqlite3 begins no transaction before statements that change the schema; a kill half-way must leave nothing."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 60000")
        connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _on_postgres() -> None:
    server_settings = {
        "application_name": "doorward migrate",
        # Whoever waits for a table holds up everybody behind, so a wait is short, and `migrate.upgrade` tries again.
        "lock_timeout": f"{LOCK_SECONDS * 1000:.0f}",
        # A role's own limit is meant for requests; building an index takes its time.
        "statement_timeout": "0",
    }
    engine = create_async_engine(url, connect_args={"server_settings": server_settings})
    try:
        async with engine.connect() as connection:
            await _take_turn(connection)
            await connection.run_sync(_migrate)
    finally:
        await engine.dispose()


async def _take_turn(connection: AsyncConnection) -> None:
    """Waits until nobody else migrates. The lock goes with the connection, also when its process is killed."""
    # Asked again and again: a waiting statement would hold a snapshot, and an index that is built concurrently waits for
    # all of those, also for the ones that wait for it.
    while not (await connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK})).scalar():
        await connection.commit()
        await asyncio.sleep(_TURN_SECONDS)
    await connection.commit()


if context.is_offline_mode():
    context.configure(url=url, target_metadata=metadata, literal_binds=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
elif url.startswith("sqlite"):
    sqlite = create_engine(url)
    _begin_for_real(sqlite)
    with sqlite.connect() as opened:
        _migrate(opened)
    sqlite.dispose()
else:
    asyncio.run(_on_postgres())
