"""F1 and F2: the process is killed in the middle of registrations and of refreshes."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from tests.faults import invariants
from tests.faults.invariants import History
from tests.make.people import PASSWORD
from tests.make.processes import nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(1800)]

ROUNDS = [2, pytest.param(50, marks=pytest.mark.long)]


class Counted:
    """Acknowledgments, and an event when there are as many as were waited for."""

    def __init__(self) -> None:
        self._count = 0
        self._wanted = 0
        self._reached = asyncio.Event()

    def one(self) -> None:
        self._count += 1
        if self._count >= self._wanted:
            self._reached.set()

    async def more(self, number: int) -> None:
        self._wanted = self._count + number
        self._reached.clear()
        async with asyncio.timeout(60):
            await self._reached.wait()


async def _insisting(
    client: httpx2.AsyncClient, up: asyncio.Event, path: str, body: dict[str, str], key: str = ""
) -> httpx2.Response:
    """Sends one request until it is answered, as a client with patience does. key: an Idempotency-Key."""
    headers = {"idempotency-key": key} if key else {}
    for _ in range(200):
        await up.wait()
        try:
            return await client.post(path, json=body, headers=headers)
        except httpx2.TransportError:
            await asyncio.sleep(0)
    raise AssertionError("never answered")


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_a_kill_during_registrations_loses_and_doubles_nothing(
    own_database_url: str, tmp_path: Path, rounds: int
) -> None:
    history = History(secrets={PASSWORD})
    async with nodes(own_database_url, tmp_path) as (node,), node.client() as client:
        up, counted = asyncio.Event(), Counted()

        async def register(stop: asyncio.Event) -> None:
            while not stop.is_set():
                email, key = f"{uuid4().hex}@example.com", str(uuid4())
                body = {"email": email, "password": PASSWORD, "name": "Ada"}
                answer = await _insisting(client, up, "/v1/sign-up", body, key)
                assert answer.status_code == 201, answer.text
                history.signed_up(email, answer)
                counted.one()

        for _ in range(rounds):
            stop = asyncio.Event()
            up.set()
            workers = [asyncio.create_task(register(stop)) for _ in range(20)]
            await counted.more(random.randrange(20, 60))
            up.clear()
            await node.kill()
            stop.set()
            await node.start()
            up.set()
            # Each of them gets the one result of its interrupted registration, by the same key.
            await asyncio.gather(*workers)
            await invariants.no_half_user(own_database_url)
        assert len(history.users) >= rounds * 20
        stored = await invariants.rows(own_database_url, "SELECT count(*) FROM users")
        assert stored[0][0] == len(history.users) + 1, "a user that nobody was told of"
        await invariants.hold(own_database_url, [node], history)


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_a_kill_during_refreshes_signs_nobody_out(own_database_url: str, tmp_path: Path, rounds: int) -> None:
    history = History(secrets={PASSWORD})
    async with nodes(own_database_url, tmp_path) as (node,), node.client() as client:
        up, counted = asyncio.Event(), Counted()
        newest: list[str] = []
        for number in range(10):
            email = f"person{number}@example.com"
            history.signed_up(email, await client.post("/v1/sign-up", json={"email": email, "password": PASSWORD}))
            for _ in range(2):
                answer = await client.post("/v1/sign-in", json={"identifier": email, "password": PASSWORD})
                newest.append(history.signed_in(answer)["refresh_token"])

        async def refresh(place: int, stop: asyncio.Event) -> None:
            while not stop.is_set():
                presented = newest[place]
                answer = await _insisting(client, up, "/v1/tokens/refresh", {"refresh_token": presented})
                assert answer.status_code == 200, answer.text
                newest[place] = history.refreshed(presented, answer)["refresh_token"]
                counted.one()

        for _ in range(rounds):
            stop = asyncio.Event()
            up.set()
            workers = [asyncio.create_task(refresh(place, stop)) for place in range(len(newest))]
            await counted.more(random.randrange(30, 120))
            up.clear()
            await node.kill()
            stop.set()
            await node.start()
            up.set()
            # Who holds the old token, because the answer was lost, goes on with it.
            await asyncio.gather(*workers)
        # And once more, with whatever each of them holds now.
        for place in range(len(newest)):
            presented = newest[place]
            answer = await _insisting(client, up, "/v1/tokens/refresh", {"refresh_token": presented})
            assert answer.status_code == 200, answer.text
            history.refreshed(presented, answer)
        alarms = await invariants.rows(
            own_database_url, "SELECT count(*) FROM events WHERE type = 'session.refresh_token_reused'"
        )
        assert alarms[0][0] == 0, "a false alarm"
        ended = await invariants.rows(own_database_url, "SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL")
        assert ended[0][0] == 0
        await invariants.hold(own_database_url, [node], history)
