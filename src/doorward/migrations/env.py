"""How Alembic reaches the database. Run by `infra.database.migrate` only."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine

import doorward.features  # noqa: F401 - its tables fill the metadata
from doorward.infra.database.base import metadata

url: str = context.config.attributes["url"]

# Any number will do, as long as it is always the same: whoever holds the lock migrates, the others wait and find it done.
_LOCK = 0x646F6F7277617264


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
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            await connection.commit()
            await connection.run_sync(_migrate)
    finally:
        await engine.dispose()


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
