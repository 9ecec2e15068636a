"""The transaction of a use case: all of it or nothing, and what may be done when."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import bindparam, select, text, update

from doorward.domain.roles.events import RoleCreated
from doorward.domain.roles.manage import create_role
from doorward.domain.roles.tables import roles
from doorward.infra.database.driver import OvertakenError
from doorward.infra.database.problems import DatabaseBusy, StatementTimeout
from doorward.infra.database.statement import Command, Compiled, Query
from doorward.infra.outbox.record import Job
from doorward.infra.outbox.tables import jobs
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.problem import Kind, Problem, Unavailable
from tests.make.actors import logged
from tests.make.databases import open_for_test
from tests.make.tools import make_tools

pytestmark = pytest.mark.integration

_NAMES = Query(select(roles.c.name).where(roles.c.built_in.is_(False)).order_by(roles.c.name), tuple[str])
_FIND = Query(select(roles.c.name).where(roles.c.name == bindparam("name")), tuple[str])
_JOBS = Query(select(jobs.c.kind), tuple[str])


class Refused(Problem):
    """A refusal."""

    kind = Kind.CONFLICT


class RefusedButKept(Problem):
    """A refusal whose work stays."""

    kind = Kind.CONFLICT
    keeps_work = True


async def names(tools: Tools) -> list[str]:
    async with tools.reading(operator()) as tx:
        return [name for (name,) in await tx.db.all(_NAMES)]


async def test_commits_changes_events_and_jobs_together(committing_tools: Tools) -> None:
    tools = committing_tools
    async with tools.writing(operator()) as tx:
        await create_role(tx, name="kept")
        tx.enqueue(Job("anything", {"n": 1}))
        # Nobody else sees any of it yet.
        assert await names(tools) == []
    assert await names(tools) == ["kept"]
    assert [event.type for event in await logged(tools)][-1] == "role.created"
    async with tools.reading(operator()) as tx:
        assert await tx.db.all(_JOBS) == [("anything",)]


@pytest.mark.parametrize("error", [Refused(), ValueError("x"), asyncio.CancelledError()])
async def test_takes_everything_back_after_a_failure(committing_tools: Tools, error: BaseException) -> None:
    tools = committing_tools
    ran: list[int] = []
    before = len(await logged(tools))
    with pytest.raises(type(error)):
        async with tools.writing(operator()) as tx:
            await create_role(tx, name="gone")
            tx.enqueue(Job("anything", {}))
            tx.after_commit(lambda: ran.append(1))
            raise error
    assert (await names(tools), ran, len(await logged(tools))) == ([], [], before)
    async with tools.reading(operator()) as tx:
        assert await tx.db.all(_JOBS) == []
    # And the next one can write.
    async with tools.writing(operator()) as tx:
        await create_role(tx, name="next")


async def test_keeps_the_work_of_a_problem_that_says_so(committing_tools: Tools) -> None:
    with pytest.raises(RefusedButKept):
        async with committing_tools.writing(operator()) as tx:
            await create_role(tx, name="kept")
            raise RefusedButKept
    assert await names(committing_tools) == ["kept"]


async def test_runs_what_follows_a_commit_once_in_order(committing_tools: Tools) -> None:
    ran: list[object] = []

    async def later() -> None:
        ran.append(await names(committing_tools))

    async with committing_tools.writing(operator()) as tx:
        tx.after_commit(lambda: ran.append("first"))
        tx.after_commit(later)
        await create_role(tx, name="kept")
        assert ran == []
    assert ran == ["first", ["kept"]]


async def test_wakes_the_worker_only_for_jobs_that_were_kept(committing_tools: Tools) -> None:
    woken: list[int] = []
    committing_tools.wake_worker = lambda: woken.append(1)
    async with committing_tools.writing(operator()) as tx:
        await create_role(tx, name="quiet")
    with pytest.raises(Refused):
        async with committing_tools.writing(operator()) as tx:
            tx.enqueue(Job("anything", {}))
            raise Refused
    assert woken == []
    async with committing_tools.writing(operator()) as tx:
        tx.enqueue(Job("anything", {}))
    assert woken == [1]


_RENAME = Command(
    update(roles).where(roles.c.name == bindparam("present")).values(description=bindparam("description"))
)
_DESCRIBED = Query(select(roles.c.description).where(roles.c.name == bindparam("name")), tuple[str])


def _note(text: str) -> RoleCreated:
    return RoleCreated(target="role", name=text, permissions=())


@pytest.mark.parametrize("at_once", [True, False], ids=["in-one-statement", "in-a-transaction"])
@pytest.mark.parametrize("second", ["second", "nobody"])
async def test_keeps_nothing_unless_what_is_required_finds_its_row(
    committing_tools: Tools, *, at_once: bool, second: str
) -> None:
    tools = committing_tools
    found = second == "second"
    async with tools.writing(operator()) as tx:
        await create_role(tx, name="first")
        await create_role(tx, name="second")
    before = len(await logged(tools))

    async def change() -> None:
        async with tools.writing(operator()) as tx:
            assert await tx.require(_RENAME, present="first", description="changed")
            assert await tx.require(_RENAME, present=second, description="changed")
            tx.emit(_note("recorded"))
            # Nothing is changed yet: it goes with what is written at the end.
            assert tx.db.transaction is None
            if not at_once:
                await tx.db.run(_RENAME, present="first", description="changed again")
            await tx.settle()

    if found:
        await change()
    else:
        with pytest.raises(OvertakenError):
            await change()
    async with tools.reading(operator()) as tx:
        described = await tx.db.first(_DESCRIBED, name="first")
    expected = ("changed" if at_once else "changed again") if found else ""
    assert (described, len(await logged(tools)) - before) == ((expected,), int(found))
    # And the next one can write.
    async with tools.writing(operator()) as tx:
        await create_role(tx, name="next")


async def test_finds_out_at_once_what_is_required_of_an_open_transaction(committing_tools: Tools) -> None:
    async with committing_tools.writing(operator()) as tx:
        await create_role(tx, name="first")
        assert await tx.require(_RENAME, present="first", description="changed")
        assert not await tx.require(_RENAME, present="second", description="changed")


async def test_starts_over_after_it_was_overtaken(committing_tools: Tools) -> None:
    tools = committing_tools
    before = len(await logged(tools))
    async with tools.writing(operator()) as tx:
        await tx.require(_RENAME, present="nobody", description="changed")
        tx.emit(_note("taken back"))
        tx.enqueue(Job("anything", {}))
        with pytest.raises(OvertakenError):
            await tx.settle()
        await tx.start_over()
        await create_role(tx, name="instead")
    assert await names(tools) == ["instead"]
    assert [event.data["name"] for event in (await logged(tools))[before:]] == ["instead"]


async def test_changes_nothing_after_it_was_settled(committing_tools: Tools) -> None:
    tools = committing_tools
    async with tools.writing(operator()) as tx:
        await create_role(tx, name="first")
    with pytest.raises(RuntimeError):
        async with tools.writing(operator()) as tx:
            await tx.require(_RENAME, present="first", description="changed")
            with pytest.raises(RuntimeError):
                async with tx.paused():
                    raise AssertionError("never reached")
            tx.emit(_note("recorded"))
            await tx.settle()
            await create_role(tx, name="late")
    assert await names(tools) == ["first"]


async def test_refuses_slow_work_once_something_was_changed(tools: Tools) -> None:
    async with tools.writing(operator()) as tx:
        before = tx.now
        async with tx.paused():
            tools.clock.advance(seconds=5)  # type: ignore[attr-defined]
        assert (tx.now - before).total_seconds() >= 5
        await create_role(tx, name="xx")
        with pytest.raises(RuntimeError):
            async with tx.paused():
                raise AssertionError("never reached")


async def test_refuses_changes_where_only_reading_was_asked_for(tools: Tools) -> None:
    async with tools.reading(operator()) as tx:
        with pytest.raises(RuntimeError):
            await create_role(tx, name="xx")
    with pytest.raises(RuntimeError):
        async with tools.reading(operator()) as tx:
            tx.enqueue(Job("anything", {}))


async def test_reads_outside_of_a_transaction_until_the_first_change(committing_tools: Tools) -> None:
    async with committing_tools.writing(operator()) as reading:
        assert await reading.db.first(_FIND, name="later") is None
        async with committing_tools.writing(operator()) as other:
            await create_role(other, name="later")
        assert await reading.db.first(_FIND, name="later") == ("later",)
        assert reading.db.transaction is None


async def test_says_busy_when_the_wait_for_writing_is_too_long(own_database_url: str) -> None:
    database = open_for_test(own_database_url, busy_timeout_seconds=0.2, pool_size=1, pool_wait_seconds=0.2)
    tools = await make_tools(database)
    try:
        async with tools.writing(operator()) as holder:
            await create_role(holder, name="first")
            with pytest.raises(DatabaseBusy):
                async with tools.writing(operator()) as tx:
                    await create_role(tx, name="second")
        async with tools.writing(operator()) as tx:
            await create_role(tx, name="third")
        assert database.connections()["in_use"] == database.connections()["waiting"] == 0
        assert await names(tools) == ["first", "third"]
    finally:
        tools.hashing.close()
        await database.close()


def _endless(database: str) -> Compiled:
    """A query that never ends by itself."""
    sql = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
        if database == "sqlite"
        else "SELECT pg_sleep(60)::text"
    )
    compiled = Compiled(select(text("1")), database, writes=False)
    compiled.sql = sql
    return compiled


async def test_ends_a_statement_that_takes_too_long_and_goes_on(own_database_url: str) -> None:
    database = open_for_test(own_database_url, statement_timeout_seconds=0.2, pool_size=1)
    try:
        for thorough in (False, True):
            with pytest.raises(StatementTimeout):
                await database.all(_endless(database.name), [], thorough=thorough)
        transaction = await database.begin()
        with pytest.raises(StatementTimeout):
            await transaction.first(_endless(database.name), [])
        await transaction.rollback()
        await database.check()
        assert database.connections()["in_use"] == 0
    finally:
        await database.close()


async def test_leaves_no_connection_behind_when_a_request_goes_away(own_database_url: str) -> None:
    database = open_for_test(own_database_url, pool_size=2, statement_timeout_seconds=1.0)
    tools = await make_tools(database)
    try:
        for number in range(20):

            async def work(name: str = f"role{number}") -> None:
                async with tools.writing(operator()) as tx:
                    await create_role(tx, name=name)
                    await tx.db._database.all(_endless(database.name), [], thorough=True)

            task = asyncio.create_task(work())
            while not database.connections()["in_use"]:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises((asyncio.CancelledError, Unavailable)):
                await task
            if database.name == "sqlite" and number == 2:
                break  # each waits for its thread to end
        assert database.connections()["in_use"] == database.connections()["waiting"] == 0
        assert await names(tools) == []
    finally:
        tools.hashing.close()
        await database.close()
