"""Changes that everybody sees at once and that are durable with the next: rows, the connection afterwards, and waiting."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import bindparam, literal_column, select, update

from doorward.domain.roles.tables import roles
from doorward.infra.database import migrate
from doorward.infra.database.driver import Database
from doorward.infra.database.statement import Query
from tests.make.databases import open_for_test

pytestmark = pytest.mark.integration

_CHANGED = (
    update(roles)
    .where(roles.c.name == bindparam("name"))
    .values(description=bindparam("description"))
    .returning(roles.c.name, roles.c.description)
)
_CHANGE = Query(_CHANGED, tuple[str, str], soon=True)
_FIND = Query(select(roles.c.description).where(roles.c.name == bindparam("name")), tuple[str])
_ASYNCHRONOUS = Query(select(literal_column("current_setting('synchronous_commit')")), tuple[str])


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    await asyncio.to_thread(migrate.upgrade, own_database_url)
    database = open_for_test(own_database_url, synchronous="full", pool_size=1)
    yield database
    await database.close()


async def _change(database: Database, description: str, name: str = "member") -> list[tuple[str, str]]:
    compiled = _CHANGE.on(database.name)
    records = await database.change(compiled, compiled.values({"name": name, "description": description}))
    return [_CHANGE.row(*compiled.decoded(record)) for record in records]


async def _found(database: Database) -> str:
    compiled = _FIND.on(database.name)
    record = await database.first(compiled, compiled.values({"name": "member"}))
    assert record is not None
    return str(record[0])


async def test_answers_its_rows_and_is_seen_by_everybody(own_database_url: str, database: Database) -> None:
    assert await _change(database, "first") == [("member", "first")]
    assert await _change(database, "nothing", name="nobody") == []
    other = open_for_test(own_database_url)
    try:
        assert await _found(other) == "first"
    finally:
        await other.close()


async def test_what_follows_is_as_durable_as_ever(database: Database) -> None:
    await _change(database, "first")
    if database.name == "postgresql":
        compiled = _ASYNCHRONOUS.on(database.name)
        assert list(await database.first(compiled, []) or ()) == ["on"]
    transaction = await database.begin()
    compiled = _CHANGE.on(database.name)
    await transaction.all(compiled, compiled.values({"name": "member", "description": "second"}))
    await transaction.commit()
    assert await _found(database) == "second"


async def test_many_at_once_are_all_made(database: Database) -> None:
    made = await asyncio.gather(*(_change(database, str(number)) for number in range(50)))
    assert sorted(made) == sorted([("member", str(number))] for number in range(50))


async def test_waits_for_another_process_that_writes(own_database_url: str, database: Database) -> None:
    if database.name != "sqlite":
        pytest.skip("concerns SQLite alone: one writer for all processes")
    other = sqlite3.connect(own_database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE roles SET description = 'theirs' WHERE name = 'member'")
    waiting = asyncio.create_task(_change(database, "ours"))
    await asyncio.wait([waiting], timeout=0.1)
    assert not waiting.done()
    other.execute("COMMIT")
    assert await waiting == [("member", "ours")]
    assert await _found(database) == "ours"
    other.close()
