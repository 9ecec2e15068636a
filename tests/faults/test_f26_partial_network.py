"""F26: one of two nodes loses its way to PostgreSQL or to Redis. It says so, nothing is decided twice, and it heals."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from doorward.infra.database import migrate
from doorward.kernel.ids import SESSION, decode
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.cable import Cable, plugged
from tests.make.databases import PostgresServer
from tests.make.processes import Node
from tests.make.redis import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

MOST = 6
# Quick to give up, so that the test is; the order of things is the same with the defaults.
IMPATIENT = {
    "DOORWARD_DATABASE__STATEMENT_TIMEOUT_SECONDS": "2",
    "DOORWARD_DATABASE__CONNECT_TIMEOUT_SECONDS": "2",
    "DOORWARD_DATABASE__POOL_WAIT_SECONDS": "1",
    # Only what the test asks goes over the cable.
    "DOORWARD_WORKER__INSIDE_SERVE": "false",
    "DOORWARD_METRICS__ACCESS": "off",
}


@pytest.fixture
async def database(postgres_server: PostgresServer) -> str:
    url = postgres_server.new_database()
    await asyncio.to_thread(migrate.upgrade, url)
    return url


async def until_not_ready(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(10):
        while (await client.get("/readyz")).status_code == 200:  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.05)


async def until_ready(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/v1/tokens/refresh", json={"refresh_token": token})


async def test_a_node_without_the_database_serves_nothing_and_knows_nothing_better(
    database: str, tmp_path: Path
) -> None:
    cable = Cable.to_postgres(database)
    history = History()
    near = Node(database, tmp_path, **IMPATIENT)
    async with plugged(cable):
        far = Node(cable.postgres_url(database), tmp_path, **IMPATIENT)
        try:
            await near.start()
            await far.start()
            async with near.client() as here, far.client() as there:
                ada, bob, gone = [await make_guest(here, history) for _ in range(3)]
                for guest in (ada, bob, gone):
                    assert (await there.get("/v1/me", headers=guest.headers)).status_code == 200

                cable.cut()
                await until_not_ready(there)
                assert (await there.get("/livez")).status_code == 200, "an outage elsewhere restarts nothing"
                assert (await here.get("/readyz")).status_code == 200
                # Revoked here while the other cannot hear of it: it says nothing rather than yes.
                assert (await here.post("/v1/sign-out", headers=gone.headers)).status_code == 204
                history.dead_access.add(gone.body["access_token"])
                history.dead_refresh.add(gone.body["refresh_token"])
                presented = ada.body["refresh_token"]
                for answer in (
                    await there.get("/v1/me", headers=gone.headers),
                    await refresh(there, gone.body["refresh_token"]),
                    await refresh(there, presented),
                ):
                    assert answer.status_code == 503, answer.text
                    assert "retry-after" in answer.headers
                history.refreshed(presented, await refresh(here, presented))

                cable.mend()
                await until_ready(there)
                assert (await there.get("/v1/me", headers=gone.headers)).status_code == 401
                assert (await refresh(there, gone.body["refresh_token"])).status_code == 401
                # What it was asked while cut off was never done, not even late: the token has one successor.
                answer = await refresh(there, presented)
                assert answer.status_code == 200, answer.text
                history.refreshed(presented, answer)

                # The other way round: what it did arrived, and it does not know.
                presented = bob.body["refresh_token"]
                cable.lose_answers(after=0)
                answer = await refresh(there, presented)
                assert answer.status_code == 503, answer.text
                generations = {
                    invariants.as_uuid(session): generation
                    for session, generation in await invariants.rows(database, "SELECT id, generation FROM sessions")
                }
                assert generations[decode(SESSION, bob.session)] == 1, "the change did not arrive, so nothing was shown"
                answer = await refresh(here, presented)
                assert answer.status_code == 200, answer.text
                history.refreshed(presented, answer)
                cable.mend()
                await until_ready(there)
                answer = await refresh(there, presented)
                assert answer.status_code == 200, answer.text
                history.refreshed(presented, answer)
            await invariants.hold(database, [near, far], history)
        finally:
            for node in (near, far):
                if node.process is not None:
                    await node.kill()


async def test_a_node_without_redis_counts_alone_and_decides_nothing_else_alone(
    database: str, tmp_path: Path, redis_server: RedisServer
) -> None:
    cable = Cable(("127.0.0.1", redis_server.port))
    history = History()
    settings = IMPATIENT | {
        "DOORWARD_RATE_LIMITS__ENABLED": "true",
        "DOORWARD_RATE_LIMITS__SIGN_IN_PER_ADDRESS": f"{MOST}/hour",
    }

    async def begin(client: httpx2.AsyncClient) -> int:
        return (await client.post("/v1/sign-in", json={"identifier": "nobody@example.com"})).status_code

    near = Node(database, tmp_path, REDIS_URL=redis_server.url, **settings)
    async with plugged(cable):
        far = Node(database, tmp_path, REDIS_URL=f"redis://127.0.0.1:{cable.port}/0", **settings)
        try:
            await near.start()
            await far.start()
            async with near.client() as here, far.client() as there:
                gone = await make_guest(here, history)
                assert [await begin(there) for _ in range(MOST)] == [200] * (MOST - 1) + [429]

                cable.cut()
                # By itself from nothing, and never off; the others go on as before.
                assert [await begin(there) for _ in range(MOST + 1)] == [200] * MOST + [429]
                assert await begin(here) == 429
                # It serves on: what it decides, the database decides. But whoever looks can see it.
                ready = await there.get("/readyz")
                assert (ready.status_code, ready.json()["checks"]["rate_limits"]) == (200, "counted-alone")
                assert (await here.get("/readyz")).json()["checks"]["rate_limits"] == "ok"
                presented = gone.body["refresh_token"]
                history.refreshed(presented, await refresh(there, presented))
                history.refreshed(presented, await refresh(here, presented))
                assert (await there.post("/v1/sign-out", headers=gone.headers)).status_code == 204
                assert (await here.get("/v1/me", headers=gone.headers)).status_code == 401
                history.dead_access.add(gone.body["access_token"])
                history.dead_refresh.add(presented)

                cable.mend()
                async with asyncio.timeout(30):
                    while (await there.get("/readyz")).json()["checks"]["rate_limits"] != "ok":
                        # Only who counts notices that it is back; alone it would have refused this too.
                        assert await begin(there) == 429
                assert [await begin(there), await begin(here)] == [429, 429]
            await invariants.hold(database, [near, far], history)
        finally:
            for node in (near, far):
                if node.process is not None:
                    await node.kill()


class Apart(Node):
    """A server process in a network namespace of its own, asked through a Unix socket, which knows no namespaces."""

    def __init__(self, database_url: str, folder: Path, namespace: str, **settings: str) -> None:
        self._socket = str(folder / "far.socket")
        super().__init__(database_url, folder, DOORWARD_SERVER__UDS=self._socket, **settings)
        self.within = ("ip", "netns", "exec", namespace)

    def client(self) -> httpx2.AsyncClient:
        """A client of the socket."""
        transport = httpx2.AsyncHTTPTransport(uds=self._socket)
        return httpx2.AsyncClient(base_url="http://localhost", timeout=40, transport=transport)


async def ip(*words: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", *words, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode != 0:
        raise OSError(said.decode().strip())


@pytest.fixture
async def wire() -> AsyncIterator[tuple[str, str, str]]:
    """A namespace, the link to it as it is called on this side, and this side's address on it."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("no network namespaces: they need iproute2 and root")
    number = os.getpid()
    namespace, link = f"doorward{number}", f"dw{number}"
    here, there = (f"10.213.{number >> 8 & 255}.{(number & 63) * 4 + side}" for side in (1, 2))
    try:
        await ip("netns", "add", namespace)
    except OSError as error:
        pytest.skip(f"no network namespaces here: {error}")
    try:
        await ip("link", "add", link, "type", "veth", "peer", "name", "far", "netns", namespace)
        await ip("address", "add", f"{here}/30", "dev", link)
        await ip("link", "set", link, "up")
        await ip("-n", namespace, "address", "add", f"{there}/30", "dev", "far")
        await ip("-n", namespace, "link", "set", "far", "up")
        await ip("-n", namespace, "link", "set", "lo", "up")
        yield namespace, link, here
    finally:
        await ip("netns", "delete", namespace)


async def test_a_node_whose_network_is_gone_comes_back_by_itself(
    database: str, tmp_path: Path, wire: tuple[str, str, str]
) -> None:
    """The same with a real link that goes down, as a switch or a firewall takes it away."""
    namespace, link, here_address = wire
    cable = Cable.to_postgres(database, here_address)
    history = History()
    near = Node(database, tmp_path, **IMPATIENT)
    async with plugged(cable):
        far = Apart(cable.postgres_url(database), tmp_path, namespace, **IMPATIENT)
        try:
            await near.start()
            await far.start()
            async with near.client() as here, far.client() as there:
                ada, gone = [await make_guest(here, history) for _ in range(2)]
                assert (await there.get("/v1/me", headers=gone.headers)).status_code == 200
                await ip("link", "set", link, "down")
                await until_not_ready(there)
                assert (await there.get("/livez")).status_code == 200
                assert (await here.post("/v1/sign-out", headers=gone.headers)).status_code == 204
                history.dead_access.add(gone.body["access_token"])
                history.dead_refresh.add(gone.body["refresh_token"])
                presented = ada.body["refresh_token"]
                for answer in (await there.get("/v1/me", headers=gone.headers), await refresh(there, presented)):
                    assert answer.status_code == 503, answer.text
                history.refreshed(presented, await refresh(here, presented))
                await ip("link", "set", link, "up")
                await until_ready(there)
                assert (await there.get("/v1/me", headers=gone.headers)).status_code == 401
                answer = await refresh(there, presented)
                assert answer.status_code == 200, answer.text
                history.refreshed(presented, answer)
            await invariants.hold(database, [near, far], history)
        finally:
            for node in (near, far):
                if node.process is not None and node.process.returncode is None:
                    await node.kill()
