"""Migrations of a filled database that is in use: they wait little, try again, and only ever add."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from doorward.infra.database import migrate
from doorward.infra.database.problems import DatabaseBusy
from tests.faults.invariants import rows
from tests.make.databases import PostgresServer

pytestmark = pytest.mark.integration

REVISIONS = [f"{number:04}" for number in range(1, int(migrate.newest()) + 1)]
_LOCK = "LOCK TABLE users IN ROW EXCLUSIVE MODE"  # what every change of a user takes
_WAITS = (
    "SELECT query_start FROM pg_stat_activity WHERE application_name = 'doorward migrate' AND wait_event_type = 'Lock' "
    "AND datname = current_database()"
)


@pytest.fixture
def first_schema(postgres_server: PostgresServer) -> str:
    url = postgres_server.new_database()
    migrate.upgrade(url, "0001")
    return url


async def test_nobody_waits_long_behind_a_migration_that_waits(first_schema: str) -> None:
    """A table's lock is queued for: behind a migration that waited for a long transaction everybody else would stand."""
    holder, other = await asyncpg.connect(first_schema), await asyncpg.connect(first_schema)
    longest, seen = 0.0, set()
    try:
        held = holder.transaction()
        await held.start()
        await holder.execute(_LOCK)
        migrating = asyncio.create_task(asyncio.to_thread(migrate.upgrade, first_schema))
        async with asyncio.timeout(30):
            while len(seen) < 2:
                assert not migrating.done()
                began = time.monotonic()
                async with other.transaction():
                    await other.execute(_LOCK)
                longest = max(longest, time.monotonic() - began)
                seen |= {started for (started,) in await other.fetch(_WAITS)}
        await held.rollback()
        await migrating
    finally:
        await holder.close()
        await other.close()
    assert longest < 2.0
    assert await rows(first_schema, "SELECT version_num FROM alembic_version") == [(migrate.newest(),)]


async def test_says_what_to_look_for_when_a_table_stays_locked(first_schema: str) -> None:
    holder = await asyncpg.connect(first_schema)
    try:
        async with holder.transaction():
            await holder.execute(_LOCK)
            with pytest.raises(DatabaseBusy, match="pg_stat_activity"):
                await asyncio.to_thread(migrate.upgrade, first_schema, patience=timedelta(0))
    finally:
        await holder.close()
    await asyncio.to_thread(migrate.upgrade, first_schema)


@pytest.fixture
def indexing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Migrates with one more revision, which indexes the accounts; written as a revision of the package would be."""
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "9999_index.py").write_text(
        "from doorward.migrations.steps import build_index\n"
        f"revision = '9999'\ndown_revision = {migrate.newest()!r}\nbranch_labels = depends_on = None\n"
        "def upgrade():\n    build_index('ix_users_locale', 'users', ['locale'], where='locale IS NOT NULL')\n"
    )
    ordinary = migrate._config

    def with_another(url: str, output: Any = None) -> Config:
        config = ordinary(url, output)
        own = resources.files("doorward.migrations").joinpath("versions")
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{own}\n{folder}")
        return config

    monkeypatch.setattr(migrate, "_config", with_another)
    return migrate.upgrade


async def test_builds_an_index_that_is_used_like_any_other(
    own_database_url: str, indexing: Callable[[str], None]
) -> None:
    await asyncio.to_thread(indexing, own_database_url)
    assert await rows(own_database_url, "SELECT version_num FROM alembic_version") == [("9999",)]
    if own_database_url.startswith("sqlite"):
        found = await rows(own_database_url, "SELECT name FROM sqlite_master WHERE name = 'ix_users_locale'")
        assert found == [("ix_users_locale",)]
    else:
        assert await rows(own_database_url, _VALID) == [(True,)]


_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix_users_locale')"


async def test_builds_it_while_others_write_and_anew_after_it_was_killed(
    first_schema: str, indexing: Callable[[str], None]
) -> None:
    await asyncio.to_thread(migrate.upgrade, first_schema, migrate.newest())
    holder, other = await asyncpg.connect(first_schema), await asyncpg.connect(first_schema)
    try:
        held = holder.transaction()
        await held.start()
        # The index has to wait for this one, which may be using what it indexes.
        await holder.execute(_LOCK)
        building = asyncio.create_task(asyncio.to_thread(indexing, first_schema))
        async with asyncio.timeout(30):
            while not await other.fetch(_WAITS):  # noqa: ASYNC110 - another process tells no event
                await asyncio.sleep(0.02)
        began = time.monotonic()
        async with other.transaction():
            await other.execute(_LOCK)
        assert time.monotonic() - began < 1.0, "a change waited for the index"
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doorward migrate' "
            "AND datname = current_database()"
        )
        with pytest.raises(SQLAlchemyError):
            await building
        assert await rows(first_schema, _VALID) == [(False,)], "nothing was left half-way, so nothing was shown"
        await held.rollback()
        await asyncio.to_thread(indexing, first_schema)
    finally:
        await holder.close()
        await other.close()
    assert await rows(first_schema, _VALID) == [(True,)]


# What a server of the version before would fail on, or what holds up a filled table; by what to do instead.
_NOT_FOR_OTHERS = {
    r"DROP (TABLE|COLUMN|INDEX|VIEW|CONSTRAINT)": "take away a version later, and say so in TAKES_AWAY",
    r"RENAME ": "add the new name, and take the old one away a version later",
    r"ALTER COLUMN \w+ (SET DATA )?TYPE": "add a column of the new type",
    r"SET NOT NULL": "servers of the version before write NULL; check it a version later",
    r"ADD COLUMN \w+ (?!.*DEFAULT).*NOT NULL": "give it a DEFAULT: servers of the version before do not name it",
    r"ADD CONSTRAINT (?!.*NOT VALID)": "add it NOT VALID and validate it in a revision of its own",
    r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)": "migrations.steps.build_index, in a revision of its own",
}
# Revisions that take away what no server of the version before uses any more.
TAKES_AWAY: set[str] = set()


def changes_of_old_tables(sql: str) -> Iterator[str]:
    """The statements of a revision that concern tables which were there before it."""
    made: set[str] = set()
    for statement in sql.split(";\n"):
        words = " ".join(line for line in statement.splitlines() if not line.startswith("--")).strip()
        if new := re.search(r"CREATE TABLE (\w+)", words):
            made.add(new[1])
        elif (changed := re.search(r"(?:ALTER TABLE|\bON|DROP TABLE) (\w+)", words)) and changed[1] not in made:
            yield words


@pytest.mark.parametrize("revision", REVISIONS)
def test_adds_only_so_that_the_version_before_works_on(
    revision: str, first_schema: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    from alembic import command

    written = io.StringIO()
    config = migrate._config(first_schema, written)
    before = ScriptDirectory.from_config(config).get_revision(revision).down_revision
    command.upgrade(config, f"{before or 'base'}:{revision}", sql=True)
    for statement in changes_of_old_tables(written.getvalue()):
        for found, instead in _NOT_FOR_OTHERS.items():
            if re.search(found, statement) and revision not in TAKES_AWAY:
                pytest.fail(f"{revision}: {statement}\n{instead}")


def test_sees_what_would_break_the_version_before() -> None:
    sql = (
        "CREATE TABLE new (id int);\nCREATE INDEX ix ON new (id);\nALTER TABLE users DROP COLUMN name;\n"
        "CREATE INDEX ix ON users (name);\nALTER TABLE users ADD COLUMN a text NOT NULL;\n"
        "ALTER TABLE users ADD COLUMN b text DEFAULT '' NOT NULL;\nCREATE INDEX CONCURRENTLY ix ON users (name);\n"
    )
    refused = [each for each in changes_of_old_tables(sql) if any(re.search(one, each) for one in _NOT_FOR_OTHERS)]
    assert [each.split()[0] + each.split()[-1] for each in refused] == ["ALTERname", "CREATE(name)", "ALTERNULL"]
