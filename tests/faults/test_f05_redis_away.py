"""F5: Redis goes away and comes back empty. People sign in, limits hold, and what was ended stays ended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.processes import nodes
from tests.make.redis import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.fault]

MOST = 6


async def begin(client: httpx2.AsyncClient) -> int:
    return (await client.post("/v1/sign-in", json={"identifier": "nobody@example.com"})).status_code


async def test_limits_are_shared_then_local_then_shared_again_and_never_off(
    own_database_url: str, tmp_path: Path, redis_server: RedisServer
) -> None:
    settings = {
        "REDIS_URL": redis_server.url,
        "DOORWARD_RATE_LIMITS__ENABLED": "true",
        "DOORWARD_RATE_LIMITS__SIGN_IN_PER_ADDRESS": f"{MOST}/hour",
    }
    workers = 2
    history = History()
    async with nodes(own_database_url, tmp_path, count=workers, settings=settings) as running:
        clients = [node.client() for node in running]
        first, last = clients[0], clients[-1]
        ada = await make_guest(first, history)
        gone = await make_guest(first, history)
        used = 2

        # What one node counts, the other knows.
        codes = [await begin(clients[number % workers]) for number in range(MOST)]
        assert codes == [200] * (MOST - used) + [429] * used

        await redis_server.stop()
        # Each counts by itself from nothing: people sign in again, and the limit is still there.
        for client in clients:
            assert [await begin(client) for _ in range(MOST + 1)] == [200] * MOST + [429]
        assert (await first.get("/readyz")).status_code == 200
        # Sessions stand in the database alone (I3, I4).
        assert (await last.get("/v1/me", headers=ada.headers)).status_code == 200
        refreshed = await first.post("/v1/tokens/refresh", json={"refresh_token": ada.body["refresh_token"]})
        assert refreshed.status_code == 200
        assert (await first.post("/v1/sign-out", headers=gone.headers)).status_code == 204
        assert (await last.get("/v1/me", headers=gone.headers)).status_code == 401

        await redis_server.start()
        assert (await last.get("/v1/me", headers=gone.headers)).status_code == 401
        assert (
            await first.post("/v1/tokens/refresh", json={"refresh_token": gone.body["refresh_token"]})
        ).status_code == 401
        # Back by themselves within a moment, and together: no more than one share for all.
        passed = 0
        async with asyncio.timeout(30):
            while passed < MOST:
                passed += await begin(first) == 200
        assert [await begin(client) for client in clients] == [429] * workers
        for client in clients:
            await client.aclose()
    told = [line for node in running for line in node.lines if "store of the rate limits" in line]
    assert sum("is away" in line for line in told) == workers
    assert sum("is back" in line for line in told) >= 1
