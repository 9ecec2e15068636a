"""Changes that are made at the same moment: each is durable when it is answered, and none depends on another's fate."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest
from sqlalchemy import select

from doorward.domain.roles.manage import create_role
from doorward.domain.roles.tables import roles
from doorward.infra.database import migrate
from doorward.infra.database.problems import StorageFull
from doorward.infra.database.statement import Query
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.problem import Kind, Problem
from tests.make.databases import open_for_test
from tests.make.tools import make_tools

pytestmark = pytest.mark.integration

_NAMES = Query(select(roles.c.name).where(roles.c.built_in.is_(False)).order_by(roles.c.name), tuple[str])


class Refused(Problem):
    """A refusal after a change."""

    kind = Kind.CONFLICT


async def names(tools: Tools) -> list[str]:
    async with tools.reading(operator()) as tx:
        return [name for (name,) in await tx.db.all(_NAMES)]


def _size(path: str) -> int:
    return Path(path).stat().st_size


def _refuse_each_third(number: int) -> None:
    if number % 3 == 0:
        raise Refused


async def test_takes_back_what_was_refused_and_nothing_else(committing_tools: Tools, own_database_url: str) -> None:
    tools = committing_tools

    async def change(number: int) -> str | None:
        name = f"role-{number:02d}"
        try:
            async with tools.writing(operator()) as tx:
                await create_role(tx, name=name)
                _refuse_each_third(number)
        except Refused:
            return None
        # Durable by now, and so there for everybody.
        assert name in await names(tools)
        return name

    kept = [name for name in await asyncio.gather(*(change(number) for number in range(40))) if name is not None]
    assert len(kept) == 26
    other = open_for_test(own_database_url)
    try:
        assert await names(await make_tools(other)) == kept
    finally:
        await other.close()


async def test_somebody_who_leaves_while_waiting_stalls_nobody(committing_tools: Tools) -> None:
    tools = committing_tools
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with tools.writing(operator()) as tx:
            await create_role(tx, name="first")
            begun.set()
            await go_on.wait()

    async def change(name: str) -> None:
        async with tools.writing(operator()) as tx:
            await create_role(tx, name=name)

    holding = asyncio.create_task(first())
    await begun.wait()
    waiting = [asyncio.create_task(change(f"next-{number}")) for number in range(3)]
    while tools.database.connections()["waiting"] < (3 if tools.database.name == "sqlite" else 0):  # noqa: ASYNC110 - the queue has no event
        await asyncio.sleep(0)
    go_on.set()
    # Once the first one is over, the writer is on its way to one of these, who are all gone in that same moment.
    while not holding.done() and tools.database.connections()["waiting"] == 3:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(10):
        await holding
        await change("last")
    assert {"first", "last"} <= set(await names(tools))


async def test_when_the_disk_is_full_at_the_commit_everybody_who_shares_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "full.sqlite3"
    migrate.upgrade(f"sqlite:///{path}")
    database = open_for_test(f"sqlite:///{path}")
    tools = await make_tools(database)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def change(name: str) -> None:
        async with tools.writing(operator()) as tx:
            await create_role(tx, name=name)
            begun.set()
            await go_on.wait()

    together = [asyncio.create_task(change(f"role-{number}")) for number in range(5)]
    await begun.wait()
    while database.connections()["waiting"] < 4:  # noqa: ASYNC110 - the queue has no event
        await asyncio.sleep(0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # What a transaction changed goes to the end of the log at its commit, which is beyond what this process may write now.
    resource.setrlimit(resource.RLIMIT_FSIZE, (_size(f"{path}-wal"), hard))
    try:
        go_on.set()
        ends = await asyncio.gather(*together, return_exceptions=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [type(end) for end in ends] == [StorageFull] * 5
    assert await names(tools) == []
    await change("later")
    assert await names(tools) == ["later"]
    tools.hashing.close()
    await database.close()
