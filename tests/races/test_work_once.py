"""Workers, schedulers and key rotations of several processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from doorward.domain.keys.rotate import list_keys, rotate_key
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.infra.outbox.worker import LEASE, Schedule, Worker
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator, system
from doorward.kernel.event import Event
from tests.faults.invariants import rows
from tests.make.people import make_user, sign_in
from tests.make.tools import MovableClock
from tests.races.conftest import Clients

pytestmark = pytest.mark.integration

JOBS = 1000


class Done(Event):
    """A job of the test was done."""

    type = "test.done"


async def _note(tx: Tx, payload: Mapping[str, Any]) -> None:
    tx.emit(Done(target=str(payload["number"])))


async def _until_idle(worker: Worker) -> int:
    done = 0
    while number := await worker.work_once():
        done += number
    return done


async def test_four_workers_do_each_of_a_thousand_jobs_once(own_database_url: str, pair: tuple[Tools, Tools]) -> None:
    async with pair[0].writing(system()) as tx:
        for number in range(JOBS):
            tx.enqueue(Job("test", {"number": number}))
    workers = [Worker(pair[place % 2], {"test": _note}) for place in range(4)]
    claimed = await asyncio.gather(*(_until_idle(worker) for worker in workers))
    assert sum(claimed) == JOBS
    counted = Counter(
        row[0] for row in await rows(own_database_url, "SELECT target FROM events WHERE type = 'test.done'")
    )
    assert len(counted) == JOBS
    assert set(counted.values()) == {1}
    assert not await rows(own_database_url, "SELECT id FROM jobs")


async def test_a_job_whose_lease_ran_out_changes_nothing_here(own_database_url: str, pair: tuple[Tools, Tools]) -> None:
    """A worker that stood still for a minute, as on a suspended machine, wakes up in the middle of its job."""
    clock = pair[1].clock
    assert isinstance(clock, MovableClock)
    standing, woken = asyncio.Event(), asyncio.Event()

    async def stands_still(tx: Tx, payload: Mapping[str, Any]) -> None:
        standing.set()
        await woken.wait()
        await _note(tx, payload)

    async with pair[0].writing(system()) as tx:
        tx.enqueue(Job("test", {"number": 1}))
    slow = asyncio.create_task(Worker(pair[0], {"test": stands_still}).work_once())
    await standing.wait()
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert await Worker(pair[1], {"test": _note}).work_once() == 1
    woken.set()
    assert await slow == 1
    assert len(await rows(own_database_url, "SELECT id FROM events WHERE type = 'test.done'")) == 1
    assert not await rows(own_database_url, "SELECT id FROM jobs")


async def test_of_many_schedulers_one_queues_the_run(own_database_url: str, pair: tuple[Tools, Tools]) -> None:
    workers = [
        Worker(pair[place % 2], {"recurs": _note_run}, [Schedule("recurs", timedelta(hours=1))]) for place in range(4)
    ]
    await asyncio.gather(*(worker._queue_recurring() for worker in workers))
    assert len(await rows(own_database_url, "SELECT id FROM jobs WHERE kind = 'recurs'")) == 1
    await asyncio.gather(*(_until_idle(worker) for worker in workers))
    assert len(await rows(own_database_url, "SELECT id FROM events WHERE type = 'test.done'")) == 1


async def _note_run(tx: Tx, _payload: Mapping[str, Any]) -> None:
    tx.emit(Done(target="run"))


async def test_tokens_of_either_process_are_valid_in_both_whoever_rotates(
    pair: tuple[Tools, Tools], clients: Clients
) -> None:
    await make_user(pair[0], "ada@example.com")
    tokens: list[str] = []

    async def rotate(tools: Tools) -> None:
        async with tools.writing(operator()) as tx:
            await rotate_key(tx, at_once=True)

    for _ in range(3):
        await asyncio.gather(*(rotate(tools) for tools in pair for _ in range(2)))
        tokens += [(await sign_in(client)).access_token for client in clients]
        for clock in (tools.clock for tools in pair):
            assert isinstance(clock, MovableClock)
            # A made-up key leads to one look in a second at most, so the next true one may have to wait that long.
            clock.advance(seconds=1)
        for client in clients:
            for token in tokens:
                answer = await client.get("/v1/me", headers={"authorization": f"Bearer {token}"})
                assert answer.status_code == 200
    async with pair[0].reading(operator()) as tx:
        keys = await list_keys(tx)
    assert len([key for key in keys if key.expires_at is None]) == 1


async def test_a_key_that_signs_at_once_is_known_to_the_other_process_too(
    pair: tuple[Tools, Tools], clients: Clients
) -> None:
    await make_user(pair[0], "ada@example.com")
    person = await sign_in(clients[0])
    for _ in range(3):
        # The other process has just read the keys, and would not look again by itself for half a minute.
        assert (await clients[1].get("/v1/me", headers=person.headers)).status_code == 200
        async with pair[0].writing(operator()) as tx:
            await rotate_key(tx, at_once=True)
        person = await sign_in(clients[0])
        clock = pair[1].clock
        assert isinstance(clock, MovableClock)
        clock.advance(seconds=1)
        assert (await clients[1].get("/v1/me", headers=person.headers)).status_code == 200
