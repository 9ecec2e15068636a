"""The migrations make exactly the schema that the code works with, on both databases."""

from __future__ import annotations

from importlib import import_module, resources
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from doorward.infra.database import migrate
from doorward.infra.database.base import metadata
from doorward.infra.database.connect import driver_url, sqlite_path

pytestmark = pytest.mark.integration


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
    return list(compare_metadata(context, metadata))


async def differences(url: str) -> list[Any]:
    """What the schema of a database and the tables of the code differ in."""
    import_module("doorward.features")
    if url.startswith("sqlite"):
        engine = create_engine(f"sqlite:///{sqlite_path(url)}")
        with engine.connect() as connection:
            found = _differences(connection)
        engine.dispose()
        return found
    asynchronous = create_async_engine("postgresql+asyncpg:" + driver_url(url).partition(":")[2])
    async with asynchronous.connect() as opened:
        found = await opened.run_sync(_differences)
    await asynchronous.dispose()
    return found


async def test_makes_the_schema_of_the_code(own_database_url: str) -> None:
    assert await differences(own_database_url) == []


def test_numbers_its_revisions_one_after_another() -> None:
    folder = resources.files("doorward.migrations")
    scripts = ScriptDirectory(str(folder))
    (head,) = scripts.get_heads()
    assert migrate.newest() == head
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(script.revision)


def test_writes_its_statements_for_others_to_run(database_name: str, migrated_url: str) -> None:
    written = migrate.sql(migrated_url)
    assert "CREATE TABLE users" in written
    assert ("JSONB" in written) == (database_name == "postgresql")
