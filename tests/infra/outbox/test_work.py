"""The worker: each job done, tried again later, given up after twelve times, and taken over from the dead."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
import structlog
from sqlalchemy import select, update

from doorward.app import make_worker
from doorward.domain.roles.manage import create_role, list_roles
from doorward.features import FEATURES
from doorward.infra.database.problems import DatabaseBusy, DatabaseUnavailable, StorageFull
from doorward.infra.database.statement import Command, Query
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.infra.outbox.tables import jobs, schedules
from doorward.infra.outbox.worker import LEASE, MOST_ATTEMPTS, Handler, Schedule, Worker
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator, system
from doorward.kernel.problem import Problem

pytestmark = pytest.mark.integration


class JobRow(NamedTuple):
    """A job as it stands."""

    kind: str
    attempts: int
    run_at: datetime
    leased_until: datetime | None
    dead_at: datetime | None
    last_error: str | None


_JOBS = Query(select(*(jobs.c[name] for name in JobRow._fields)).order_by(jobs.c.id), JobRow)
_SCHEDULES = Query(select(schedules.c.name).order_by(schedules.c.name), tuple[str])


async def waiting(tools: Tools) -> list[JobRow]:
    async with tools.reading(operator()) as tx:
        return await tx.db.all(_JOBS)


async def queue(tools: Tools, *queued: Job) -> None:
    async with tools.writing(operator()) as tx:
        for job in queued:
            tx.enqueue(job)


def worker_of(tools: Tools, handler: Handler, *recurring: Schedule) -> Worker:
    return Worker(tools, {"work": handler, "tick": handler}, recurring, poll_seconds=30)


async def test_does_a_job_in_one_transaction_with_its_end(committing_tools: Tools) -> None:
    tools = committing_tools
    seen: list[Mapping[str, Any]] = []

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        seen.append(payload)
        assert tx.actor == system()
        await create_role(tx, name=payload["name"])

    await queue(tools, Job("work", {"name": "made"}), Job("work", {"name": "too"}))
    assert await worker_of(tools, handler).work_once() == 2
    assert sorted(payload["name"] for payload in seen) == ["made", "too"]
    assert await waiting(tools) == []
    assert await worker_of(tools, handler).work_once() == 0
    async with tools.reading(operator()) as tx:
        assert {"made", "too"} <= {role.name for role in await list_roles(tx)}


async def test_tries_again_later_and_ever_later_and_gives_up_at_last(committing_tools: Tools) -> None:
    tools = committing_tools

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        await create_role(tx, name="never")
        raise ValueError("the password is hunter2")

    await queue(tools, Job("work", {}))
    worker = worker_of(tools, handler)
    pauses: list[timedelta] = []
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await worker.work_once() == 1
        (job,) = await waiting(tools)
        assert (job.attempts, job.last_error, job.leased_until) == (attempt, "ValueError", None)
        assert (job.dead_at is not None) == (attempt == MOST_ATTEMPTS)
        pauses.append(job.run_at - tools.clock.now())
        assert await worker.work_once() == 0
        tools.clock.advance(seconds=4000)  # type: ignore[attr-defined]
    for attempt, pause in enumerate(pauses, start=1):
        longest = min(2**attempt, 3600)
        assert timedelta(seconds=longest * 0.4) - timedelta(seconds=2) < pause <= timedelta(seconds=longest)
    assert await worker.work_once() == 0
    async with tools.reading(operator()) as tx:
        assert "never" not in {role.name for role in await list_roles(tx)}


@pytest.mark.parametrize("problem", [DatabaseBusy("busy"), StorageFull("full"), DatabaseUnavailable("away")])
async def test_says_in_one_line_what_a_job_waits_for(committing_tools: Tools, problem: Problem) -> None:
    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        raise problem

    await queue(committing_tools, Job("work", {}))
    with structlog.testing.capture_logs() as lines:
        assert await worker_of(committing_tools, handler).work_once() == 1
    (line,) = [each for each in lines if each["event"].startswith("job")]
    assert (line["event"], line["code"], "exc_info" in line) == ("job waits", problem.code, False)
    (job,) = await waiting(committing_tools)
    assert (job.dead_at, job.last_error) == (None, type(problem).__name__)


async def test_takes_over_when_the_lease_of_another_has_run_out(committing_tools: Tools) -> None:
    tools = committing_tools
    done: list[int] = []

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        done.append(1)

    await queue(tools, Job("work", {}))
    now = tools.clock.now()
    async with tools.writing(operator()) as tx:
        # As a worker leaves it that was killed half-way.
        statement = update(jobs).values(leased_until=now + LEASE, leased_by="somebody else", attempts=1)
        await tx.db.run(Command(statement))
    worker = worker_of(tools, handler)
    assert await worker.work_once() == 0
    tools.clock.advance(seconds=LEASE.total_seconds() + 1)  # type: ignore[attr-defined]
    assert await worker.work_once() == 1
    assert (done, await waiting(tools)) == ([1], [])


async def test_gives_up_a_job_that_takes_its_workers_down_with_it(committing_tools: Tools) -> None:
    tools = committing_tools
    ran: list[int] = []

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        ran.append(1)

    await queue(tools, Job("work", {}))
    async with tools.writing(operator()) as tx:
        await tx.db.run(Command(update(jobs).values(attempts=MOST_ATTEMPTS)))
    await worker_of(tools, handler).work_once()
    assert ran == []
    (job,) = await waiting(tools)
    assert job.dead_at is not None


async def test_runs_jobs_no_earlier_than_their_time_and_one_for_a_key(committing_tools: Tools) -> None:
    tools = committing_tools
    ran: list[object] = []

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        ran.append(payload["n"])

    later = tools.clock.now() + timedelta(hours=1)
    await queue(
        tools, Job("work", {"n": 1}, run_at=later), Job("work", {"n": 2}, key="k"), Job("work", {"n": 3}, key="k")
    )
    worker = worker_of(tools, handler)
    await worker.work_once()
    assert ran == [2]
    tools.clock.advance(hours=1)  # type: ignore[attr-defined]
    await worker.work_once()
    assert ran == [2, 1]


async def test_lets_each_job_be_claimed_by_one_of_many_workers(committing_tools: Tools) -> None:
    tools = committing_tools
    ran: list[object] = []

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        ran.append(payload["n"])

    await queue(tools, *(Job("work", {"n": number}) for number in range(30)))
    while await waiting(tools):
        await asyncio.gather(*(worker_of(tools, handler).work_once() for _ in range(3)))
    assert sorted(ran, key=str) == sorted(range(30), key=str)


async def test_queues_recurring_work_once_for_all_workers(committing_tools: Tools) -> None:
    tools = committing_tools
    ran: list[int] = []

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        ran.append(1)

    hourly = Schedule("tick", timedelta(hours=1))
    for round_ in range(1, 4):
        for _ in range(2):
            worker = worker_of(tools, handler, hourly)
            await worker._queue_recurring()
            await worker.work_once()
        assert len(ran) == round_
        tools.clock.advance(hours=1)  # type: ignore[attr-defined]


async def test_runs_until_told_to_stop_and_wakes_when_something_is_queued(committing_tools: Tools) -> None:
    tools = committing_tools
    done = asyncio.Event()

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        done.set()

    worker = worker_of(tools, handler)
    tools.wake_worker = worker.wake
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0)
    await queue(tools, Job("work", {}))
    await asyncio.wait_for(done.wait(), 10)
    worker.stop()
    await asyncio.wait_for(running, 10)


async def test_outlives_a_database_that_is_away(committing_tools: Tools) -> None:
    from doorward.infra.database.problems import DatabaseUnavailable

    tools = committing_tools
    done, failed = asyncio.Event(), asyncio.Event()

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        done.set()

    await queue(tools, Job("work", {}))
    first = tools.database.first
    problems: list[Exception] = [DatabaseUnavailable(), RuntimeError("unforeseen")]

    async def away(*arguments: Any) -> Any:
        if problems:
            failed.set()
            raise problems.pop()
        return await first(*arguments)

    tools.database.first = away  # type: ignore[method-assign]
    worker = Worker(tools, {"work": handler}, poll_seconds=0.01)
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(done.wait(), 10)
    assert failed.is_set()
    worker.stop()
    await asyncio.wait_for(running, 10)


async def test_runs_every_recurring_job_of_every_feature(committing_tools: Tools) -> None:
    worker = make_worker(committing_tools)
    await worker._queue_recurring()
    names = {name for feature in FEATURES for name in feature.recurring}
    assert {job.kind for job in await waiting(committing_tools)} >= names
    while await worker.work_once():
        pass
    assert await waiting(committing_tools) == []
    async with committing_tools.reading(operator()) as tx:
        assert {name for (name,) in await tx.db.all(_SCHEDULES)} >= names


async def test_leaves_jobs_that_it_does_not_know_to_a_worker_that_does(committing_tools: Tools) -> None:
    """While two versions run on one database, the older meets what the newer queued: no try of it may be used up."""
    tools = committing_tools

    async def handler(tx: Tx, payload: Mapping[str, Any]) -> None:
        assert payload

    await queue(tools, Job("news", {"of": "the next version"}), Job("work", {"of": "this version"}))
    older = worker_of(tools, handler)
    assert await older.work_once() == 1
    assert await older.work_once() == 0
    assert [(job.kind, job.attempts, job.last_error) for job in await waiting(tools)] == [("news", 0, None)]
    newer = Worker(tools, {"work": handler, "news": handler}, poll_seconds=30)
    assert await newer.work_once() == 1
    assert await waiting(tools) == []
