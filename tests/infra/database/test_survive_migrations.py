"""A migration runs while others serve: what they hold prepared may be stale, and nobody is told."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from sqlalchemy import select

from doorward.domain.roles.manage import create_role
from doorward.domain.roles.tables import roles
from doorward.infra.database import migrate
from doorward.infra.database.statement import Query
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from tests.make.databases import PostgresServer, open_for_test
from tests.make.tools import make_tools

pytestmark = pytest.mark.integration

_NAMES = Query(select(roles.c.name).where(roles.c.built_in.is_(False)).order_by(roles.c.name), tuple[str])


async def create(tools: Tools, name: str) -> None:
    async with tools.writing(operator()) as tx:
        await create_role(tx, name=name)


async def names(tools: Tools) -> list[str]:
    async with tools.reading(operator()) as tx:
        return [name for (name,) in await tx.db.all(_NAMES)]


@pytest.mark.parametrize(
    "step",
    [
        "ALTER TABLE roles ADD COLUMN motto text NOT NULL DEFAULT ''",
        # The server refuses what was prepared before: its answer would be of another type.
        "ALTER TABLE roles ALTER COLUMN name TYPE varchar(200)",
    ],
)
async def test_a_changed_table_is_read_and_written_on(postgres_server: PostgresServer, step: str) -> None:
    url = postgres_server.new_database()
    await asyncio.to_thread(migrate.upgrade, url)
    # One connection, so that what comes after meets what was prepared before.
    database = open_for_test(url, pool_size=1)
    tools = await make_tools(database)
    await create(tools, "before")
    assert await names(tools) == ["before"]
    other = await asyncpg.connect(url)
    await other.execute(step)
    await other.close()
    assert await names(tools) == ["before"]
    await create(tools, "later")
    assert await names(tools) == ["before", "later"]
    tools.hashing.close()
    await database.close()
