"""Three servers and two workers on one PostgreSQL and one Redis behind a balancer; one server is killed and one drained."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import Guest, make_guest
from tests.make.balancer import LOST, Balancer, balanced
from tests.make.databases import PostgresServer
from tests.make.people import PASSWORD
from tests.make.post import opened_post
from tests.make.processes import ADMINISTRATOR, ADMINISTRATOR_PASSWORD, Node, WorkerProcess
from tests.make.redis import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(400)]

MOST = 6
LOCK_AT = 4
_addresses = itertools.count(1)


def elsewhere() -> dict[str, str]:
    """An address that nobody asked from before: what one client may do is not to be what all of them may."""
    number = next(_addresses)
    return {"x-forwarded-for": f"198.18.{number >> 8}.{number & 255}"}


class Service:
    """The service as its clients see it. lost: requests that were under way at a node when it died."""

    def __init__(self, balancer: Balancer, client: httpx2.AsyncClient) -> None:
        self.balancer = balancer
        self._client = client
        self.lost = 0
        self.may_lose = False

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **request: Any
    ) -> httpx2.Response:
        """Asks; and again what was lost with a node, which clients do and nothing else."""
        sent = elsewhere() | dict(headers or {})
        while True:
            answer = await self._client.request(method, path, headers=sent, **request)
            if LOST not in answer.headers:
                assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text}"
                return answer
            assert self.may_lose, "a request was lost, and no node was killed"
            self.lost += 1

    async def sign_in(self, email: str, password: str = PASSWORD, **headers: str) -> httpx2.Response:
        """Signs in, or not."""
        body = {"identifier": email, "password": password}
        return await self.ask("POST", "/v1/sign-in", headers=elsewhere() | headers, json=body)


async def on_each(nodes: list[Node], guest: Guest) -> set[int]:
    """What each node by itself answers to who am I, and to a refresh where that is refused."""
    codes = set()
    for node in nodes:
        async with node.client() as client:
            codes.add((await client.get("/v1/me", headers=guest.headers)).status_code)
    return codes


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110 - the others only have to get their turns
            await asyncio.sleep(0.02)


async def test_many_nodes_are_one_service_while_one_is_killed_and_one_is_drained(  # noqa: PLR0915 - a story from start to end
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = postgres_server.new_database()
    await asyncio.to_thread(migrate.upgrade, url)
    redis, history = RedisServer(tmp_path), History()
    await redis.start()
    async with opened_post() as post:
        settings = {
            "REDIS_URL": redis.url,
            "DOORWARD_TOKENS__ISSUER": "http://id.example.com",
            "DOORWARD_RATE_LIMITS__ENABLED": "true",
            "DOORWARD_RATE_LIMITS__SIGN_IN_PER_ADDRESS": f"{MOST}/hour",
            "DOORWARD_HTTP__TRUSTED_PROXIES": "127.0.0.1",
            "DOORWARD_LOCKOUT__DELAY_FROM": str(LOCK_AT),
            "DOORWARD_LOCKOUT__LOCK_AT": str(LOCK_AT),
            "DOORWARD_SERVER__DRAIN_DELAY_SECONDS": "1",
            "DOORWARD_WORKER__INSIDE_SERVE": "false",
            "DOORWARD_WORKER__POLL_SECONDS": "0.2",
            "DOORWARD_MAIL__HOST": post.host,
            "DOORWARD_MAIL__PORT": str(post.port),
            "DOORWARD_MAIL__SECURITY": "none",
            "DOORWARD_MAIL__FROM_ADDRESS": "no-reply@id.example.com",
        }
        servers = [Node(url, tmp_path, **settings) for _ in range(3)]
        workers = [WorkerProcess(url, tmp_path, **settings) for _ in range(2)]
        try:
            await servers[0].start()
            await asyncio.gather(*(each.start() for each in (*servers[1:], *workers)))
            async with balanced(servers) as balancer, balancer.client() as client:
                service = Service(balancer, client)
                # Made at one node directly; from here on everybody knows the balancer alone.
                async with servers[0].client() as direct:
                    guests = []
                    for _ in range(6):
                        direct.headers.update(elsewhere())
                        guests.append(await make_guest(direct, history))
                tokens = await service.sign_in(ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
                chief = {"authorization": f"Bearer {history.signed_in(tokens)['access_token']}"}
                working, gone, suspended, guessed = guests[:3], guests[3], guests[4], guests[5]
                stop, rounds = asyncio.Event(), 0

                async def work(guest: Guest) -> None:
                    nonlocal rounds
                    while not stop.is_set():
                        presented = guest.body["refresh_token"]
                        answer = await service.ask("POST", "/v1/tokens/refresh", json={"refresh_token": presented})
                        assert answer.status_code == 200, answer.text
                        guest.body |= history.refreshed(presented, answer)
                        answer = await service.ask("GET", "/v1/me", headers=guest.headers)
                        assert answer.status_code == 200, answer.text
                        answer = await service.ask("POST", "/v1/recovery", json={"identifier": guest.email})
                        assert answer.status_code == 202, answer.text
                        rounds += 1

                async with asyncio.TaskGroup() as group:
                    for guest in working:
                        group.create_task(work(guest))

                    # Revoked by one, dead at each.
                    answer = await service.ask("POST", "/v1/sign-out", headers=gone.headers)
                    assert answer.status_code == 204, answer.text
                    assert await on_each(servers, gone) == {401}
                    answer = await service.ask("POST", f"/v1/users/{suspended.id}/suspend", headers=chief, json={})
                    assert answer.status_code == 200, answer.text
                    assert await on_each(servers, suspended) == {401}
                    for guest in (gone, suspended):
                        history.dead_access.add(guest.body["access_token"])
                        history.dead_refresh.add(guest.body["refresh_token"])

                    # One client's share is one, however many answer it.
                    here = elsewhere()
                    begun = [
                        (
                            await service.ask("POST", "/v1/sign-in", headers=here, json={"identifier": "nobody"})
                        ).status_code
                        for _ in range(MOST + 4)
                    ]
                    assert begun == [200] * MOST + [429] * 4
                    # No more guesses are compared than may be, from as many addresses and at as many nodes as there are.
                    tried = await asyncio.gather(*(service.sign_in(guessed.email, "wrong 1 wrong") for _ in range(12)))
                    assert Counter(each.status_code for each in tried) == {401: LOCK_AT, 429: 12 - LOCK_AT}
                    for node in servers:
                        async with node.client() as direct:
                            body = {"identifier": guessed.email, "password": PASSWORD}
                            answer = await direct.post("/v1/sign-in", headers=elsewhere(), json=body)
                        assert answer.status_code == 429, answer.text

                    # Killed: what was under way there is lost, and nothing else.
                    least = rounds + 5
                    await until(lambda: rounds >= least)
                    service.may_lose = True
                    await servers[0].kill()
                    await until(lambda: balancer.sees() == 2)
                    # A key that signs at once, of which the others hear by the first token that names it.
                    before = await kids(client)
                    made = json.loads(await servers[1].command("key", "rotate", "--now", "--json"))["items"]
                    (signs,) = [each["kid"] for each in made if each["state"] == "signing"]
                    assert signs not in before
                    least = rounds + 6
                    await until(lambda: rounds >= least)
                    # Whoever asked there at that moment lost one answer; whoever came later noticed nothing.
                    assert service.lost <= len(working)
                    service.may_lose = False
                    await servers[0].start()
                    await until(lambda: balancer.sees() == 3)

                    # Drained: nobody notices.
                    servers[1].signal(signal.SIGTERM)
                    assert await servers[1].ended() == 0
                    least = rounds + 6
                    await until(lambda: rounds >= least)
                    assert balancer.sees() == 2
                    # A worker goes as well; the other one does the work of both.
                    workers[0].signal(signal.SIGTERM)
                    assert await workers[0].ended() == 0
                    least = rounds + 6
                    await until(lambda: rounds >= least)
                    await servers[1].start()
                    await until(lambda: balancer.sees() == 3)
                    stop.set()
                assert min(balancer.answered.values()) > 0
                assert signs in await kids(client)

                # Each job once: every mail that was queued arrived, and none a second time.
                async with asyncio.timeout(60):
                    while await invariants.rows(url, "SELECT id FROM messages WHERE sent_at IS NULL"):  # noqa: ASYNC110 - another process sends
                        await asyncio.sleep(0.1)
                ids = Counter(str(letter.message["message-id"]) for letter in post.letters)
                assert set(ids.values()) == {1}, "a mail went out twice"
                ((stored,),) = await invariants.rows(url, "SELECT count(*) FROM messages")
                assert len(ids) == stored
                assert {letter.to for letter in post.letters} >= {guest.email for guest in working}
                assert not await invariants.rows(url, "SELECT id FROM jobs WHERE last_error IS NOT NULL")
            await invariants.hold(url, servers, history)
            invariants.no_secret_in_logs(workers[1:], history)
        finally:
            for node in (*servers, *workers):
                if node.process is not None and node.process.returncode is None:
                    await node.kill()
            await redis.stop()


async def kids(client: httpx2.AsyncClient) -> set[str]:
    """The keys that the service publishes."""
    return {key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]}
