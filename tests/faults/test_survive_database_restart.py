"""F3: PostgreSQL ends at once, as after a crash, and comes back, while people are at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import Guest, make_guest
from tests.make.databases import PostgresServer
from tests.make.people import PASSWORD
from tests.make.processes import nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(900)]

AFTER_THE_OUTAGE = 5.0


@pytest.fixture
def mortal_server() -> Iterator[PostgresServer]:
    """A server for this test alone: nobody else's connections may break."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.mark.parametrize("rounds", [2, pytest.param(25, marks=pytest.mark.long)])
async def test_a_restart_of_postgresql_costs_some_503_and_nothing_else(  # noqa: C901, PLR0915 - a story from start to end
    mortal_server: PostgresServer, tmp_path: Path, rounds: int
) -> None:
    url = mortal_server.new_database()
    await asyncio.to_thread(migrate.upgrade, url)
    history = History()
    refusals: list[tuple[float, httpx2.Response]] = []
    async with nodes(url, tmp_path / "data") as (node,), node.client() as client:
        guests = [await make_guest(client, history) for _ in range(10)]
        stop = asyncio.Event()
        since_restart = asyncio.Event()
        wanted = 0

        def seen(answer: httpx2.Response) -> bool:
            nonlocal wanted
            if answer.status_code == 503:
                refusals.append((time.monotonic(), answer))
                return False
            assert answer.status_code in {200, 201}, answer.text + node.log[-20000:]
            wanted -= 1
            if wanted <= 0:
                since_restart.set()
            return True

        async def work(guest: Guest) -> None:
            presented = guest.body["refresh_token"]
            while not stop.is_set():
                began = time.monotonic()
                headers = guest.headers
                seen(await client.get("/v1/me", headers=headers))
                answer = await client.post("/v1/tokens/refresh", json={"refresh_token": presented})
                if seen(answer):
                    guest.body |= history.refreshed(presented, answer)
                    presented = guest.body["refresh_token"]
                email, key = f"{uuid4().hex}@example.com", str(uuid4())
                while not stop.is_set():
                    answer = await client.post(
                        "/v1/sign-up",
                        json={"email": email, "password": PASSWORD},
                        headers={"idempotency-key": key},
                    )
                    if seen(answer):
                        history.signed_up(email, answer)
                        break
                    await asyncio.sleep(0.1)  # what Retry-After asks for, ten times as eager
                # Ten people at five requests a second each.
                await asyncio.sleep(max(0.0, 0.6 - (time.monotonic() - began)))

        async def enough(number: int) -> None:
            nonlocal wanted
            wanted = number
            since_restart.clear()
            async with asyncio.timeout(60):
                await since_restart.wait()

        async with asyncio.TaskGroup() as working:
            for guest in guests:
                working.create_task(work(guest))
            for _ in range(rounds):
                await enough(40)
                refusals.clear()
                await asyncio.to_thread(mortal_server.restart_at_once)
                back = time.monotonic()
                await enough(60)
                for moment, answer in refusals:
                    assert "retry-after" in answer.headers
                    assert answer.json()["code"] in {"database-unavailable", "database-busy"}
                    assert moment - back <= AFTER_THE_OUTAGE
            stop.set()
        await invariants.hold(url, [node], history)
        assert '"status":503' in node.log, "the restart was not felt, so nothing was shown"
