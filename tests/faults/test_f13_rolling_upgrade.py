"""F13: the version before and this one serve one database at once, through the migration and back again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import Guest, make_guest
from tests.make.people import PASSWORD
from tests.make.processes import Node
from tests.make.versions import Version

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

# Schemas of versions that nobody ever ran. Between these and the ones after them the sealed state of a sign-in under way
# changed its form for once, so that what was begun at one version is answered there; everything else goes across.
NEVER_RELEASED = {"0001"}


class Traffic:
    """People at work on whatever serves at the moment.

    rounds: of all of them together. crossed: steps that went from one node to another. carries_on_anywhere: whether a
    sign-in that was begun at one node is answered at another.
    """

    def __init__(self, history: History, *, carries_on_anywhere: bool) -> None:
        self.history = history
        self._carries_on_anywhere = carries_on_anywhere
        self.rounds = 0
        self.crossed = 0
        self._clients: dict[Node, httpx2.AsyncClient] = {}
        self._under_way: dict[Node, int] = {}
        self._leaving: set[Node] = set()
        self._stop = False

    def join(self, node: Node) -> None:
        """From now on people come to this node too, also when it was here before."""
        self._leaving.discard(node)
        self._under_way[node] = 0
        self._clients[node] = node.client()

    async def leave(self, node: Node) -> None:
        """From now on nobody new does; returns when nothing is under way there, as a balancer drains."""
        self._leaving.add(node)
        async with asyncio.timeout(60):
            while self._under_way[node]:  # noqa: ASYNC110 - the others only have to get their turns
                await asyncio.sleep(0.01)
        await self._clients.pop(node).aclose()

    def stop(self) -> None:
        """Ends everybody's work after their round."""
        self._stop = True

    async def close(self) -> None:
        """Closes what is open, however it ended."""
        for client in self._clients.values():
            await client.aclose()

    async def more(self, number: int) -> None:
        """Returns after so many more rounds."""
        wanted = self.rounds + number
        async with asyncio.timeout(90):
            while self.rounds < wanted:  # noqa: ASYNC110 - the others only have to get their turns
                await asyncio.sleep(0.02)

    async def ask(self, node: Node | None, method: str, path: str, **request: Any) -> tuple[Node, httpx2.Response]:
        """Asks a node, or any if it does not serve any more; nothing may fail for the schema's sake."""
        at = node if node in self._clients else random.choice(self._open)
        self._under_way[at] += 1
        try:
            answer = await self._clients[at].request(method, path, **request)
        finally:
            self._under_way[at] -= 1
        assert answer.status_code < 500, f"{method} {path}: {answer.text}\n{at.log[-6000:]}"
        return at, answer

    async def work(self, guest: Guest) -> None:
        """One person's day, over and over: each step at another node than the one before, if there are several."""
        while not self._stop:
            at = await self._refresh(guest)
            at, me = await self.ask(self._other(at), "GET", "/v1/me", headers=guest.headers)
            assert (me.status_code, me.json().get("id")) == (200, guest.id), me.text
            await self._sign_in_by_steps(guest, at)
            await self._sign_up_twice(at)
            self.rounds += 1

    @property
    def _open(self) -> list[Node]:
        return [each for each in self._clients if each not in self._leaving]

    def _other(self, node: Node) -> Node:
        others = [each for each in self._open if each is not node]
        self.crossed += bool(others)
        return random.choice(others or self._open)

    async def _refresh(self, guest: Guest) -> Node:
        presented = guest.body["refresh_token"]
        at, answer = await self.ask(None, "POST", "/v1/tokens/refresh", json={"refresh_token": presented})
        assert answer.status_code == 200, answer.text
        guest.body |= self.history.refreshed(presented, answer)
        # Within the grace time the other version gives the very same successor.
        at, again = await self.ask(self._other(at), "POST", "/v1/tokens/refresh", json={"refresh_token": presented})
        assert again.status_code == 200, again.text
        self.history.refreshed(presented, again)
        return at

    async def _sign_in_by_steps(self, guest: Guest, at: Node) -> None:
        at, begun = await self.ask(at, "POST", "/v1/sign-in", json={"identifier": guest.email})
        assert begun.json()["status"] == "pending", begun.text
        path = f"/v1/sign-in/{begun.json()['attempt']}/answers"
        # Where it has to stay, the node does not leave before it is through.
        stays_at = at
        self._under_way[stays_at] += 1
        at = self._other(at) if self._carries_on_anywhere else at
        try:
            at, done = await self.ask(at, "POST", path, json={"answers": {"password": PASSWORD}})
        finally:
            self._under_way[stays_at] -= 1
        assert done.status_code == 200, done.text
        body = self.history.signed_in(done)
        headers = {"authorization": f"Bearer {body['access_token']}"}
        _, out = await self.ask(self._other(at), "POST", "/v1/sign-out", headers=headers)
        assert out.status_code == 204, out.text
        self.history.dead_access.add(body["access_token"])
        self.history.dead_refresh.add(body["refresh_token"])

    async def _sign_up_twice(self, at: Node) -> None:
        email, key = f"{uuid4().hex}@example.com", {"idempotency-key": str(uuid4())}
        body = {"email": email, "password": PASSWORD}
        at, answer = await self.ask(at, "POST", "/v1/sign-up", json=body, headers=key)
        assert answer.status_code == 201, answer.text
        self.history.signed_up(email, answer)
        _, again = await self.ask(self._other(at), "POST", "/v1/sign-up", json=body, headers=key)
        assert (again.status_code, again.json()["id"]) == (201, answer.json()["id"]), again.text


@asynccontextmanager
async def at_work(traffic: Traffic, guests: list[Guest]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as working:
        for guest in guests:
            working.create_task(traffic.work(guest))
        yield
        traffic.stop()


def empty_database(database_name: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if database_name == "sqlite":
        return f"sqlite:///{folder / 'shared.sqlite3'}"
    url: str = request.getfixturevalue("postgres_server").new_database()
    return url


@pytest.mark.parametrize("before", ["previous_version", pytest.param("last_commit", marks=pytest.mark.long)])
async def test_two_versions_serve_one_database_and_the_older_serves_on_alone(
    database_name: str, tmp_path: Path, request: pytest.FixtureRequest, before: str
) -> None:
    version: Version = request.getfixturevalue(before)
    url = empty_database(database_name, request, tmp_path)
    # As operators run it: nothing migrates by itself.
    settings = {"DOORWARD_MODE": "production", "DOORWARD_TOKENS__ISSUER": "http://id.example.com"}
    old_settings = dict(settings)
    if version.schema in NEVER_RELEASED:
        # Their workers tried, and failed at, jobs that only newer ones know; since then workers leave those alone.
        old_settings["DOORWARD_WORKER__INSIDE_SERVE"] = "false"
    old, older = (Node(url, tmp_path, version=version, **old_settings) for _ in range(2))
    new = Node(url, tmp_path, **settings)
    history = History()
    traffic = Traffic(history, carries_on_anywhere=version.schema not in NEVER_RELEASED)
    started: list[Node] = []

    async def start(node: Node) -> None:
        await node.start()
        started.append(node)
        traffic.join(node)

    try:
        await old.command("migrate")
        await start(old)
        assert (await schema_of(old)) == version.schema
        async with old.client() as client:
            guests = [await make_guest(client, history) for _ in range(4)]
        async with at_work(traffic, guests):
            await traffic.more(4)
            # The schema first, under the servers of the version before.
            await new.command("migrate")
            await traffic.more(4)
            await start(new)
            assert (await schema_of(new)) == migrate.newest()
            crossed = traffic.crossed
            await traffic.more(12)
            assert traffic.crossed > crossed, "no step went from one version to the other"
            # All the way, so that what the older one made is used by the newer one alone.
            await traffic.leave(old)
            await end(old)
            await traffic.more(4)
            # And back by one: a server of the version before starts on the newer schema and takes over.
            assert "up to date" in await older.command("migrate", "--check")
            await start(older)
            await traffic.more(8)
            await traffic.leave(new)
            await end(new)
            await traffic.more(4)
        await invariants.hold(url, [older], history)
        invariants.no_secret_in_logs([old, new], history)
    finally:
        await traffic.close()
        for node in started:
            if node.process is not None and node.process.returncode is None:
                await node.kill()


async def schema_of(node: Node) -> str:
    async with node.client() as client:
        return str((await client.get("/version")).json()["schema"])


async def end(node: Node) -> None:
    import signal

    node.signal(signal.SIGTERM)
    assert await node.ended() == 0
