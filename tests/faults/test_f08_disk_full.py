"""F8: the disk is full. Reading goes on, changes are refused with what to do, nothing is damaged, and it mends itself."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.databases import PostgresServer
from tests.make.people import PASSWORD
from tests.make.processes import Node, nodes
from tests.make.small_disk import SmallDisk, small_disk

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(900)]

ROUNDS = [2, pytest.param(20, marks=pytest.mark.long)]
SLOWEST_READ = 2.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", mib=48) as made:
        yield made


async def until_refused(client: httpx2.AsyncClient, history: History) -> httpx2.Response:
    """Signs people up until one is refused; that answer. What was acknowledged before stands in the history."""
    for _ in range(2000):
        email = f"{uuid4().hex}@example.com"
        answer = await client.post("/v1/sign-up", json={"email": email, "password": PASSWORD, "name": "x" * 60})
        if answer.status_code != 201:
            return answer
        history.signed_up(email, answer)
    raise AssertionError("the disk never became full")


async def reads_go_on(client: httpx2.AsyncClient, person: dict[str, str], chief: dict[str, str]) -> None:
    """Who-am-I, lists, key set and readiness, each at once."""
    for path, headers in (
        ("/v1/me", person),
        ("/v1/me/sessions", person),
        ("/v1/users?limit=20", chief),
        ("/v1/events?limit=20", chief),
        ("/.well-known/jwks.json", {}),
        ("/readyz", {}),
        ("/livez", {}),
    ):
        began = time.monotonic()
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        assert time.monotonic() - began < SLOWEST_READ, path


async def figure(client: httpx2.AsyncClient, *words: str) -> float:
    """The value of the one metric whose line has these words."""
    lines = (await client.get("/metrics")).text.splitlines()
    (value,) = [
        float(line.rpartition(" ")[2]) for line in lines if all(word in line for word in words) and line[0] != "#"
    ]
    return value


def refused_as_full(answer: httpx2.Response) -> None:
    assert answer.status_code == 507, answer.text
    document = answer.json()
    assert document["code"] == "storage-full"
    assert "make room" in document["detail"]


async def story(node: Node, disk: SmallDisk, rounds: int) -> History:
    """Fills the disk and makes room again, some times over."""
    history = History(secrets={PASSWORD})
    chief = await invariants.administrator(node, history)
    async with node.client() as client:
        guest = await make_guest(client, history)
        signed_out = await make_guest(client, history)
        await client.post("/v1/sign-out", headers=signed_out.headers)
        history.dead_access.add(signed_out.body["access_token"])
        history.dead_refresh.add(signed_out.body["refresh_token"])
        refresh_token = guest.body["refresh_token"]
        for _ in range(rounds):
            disk.fill()
            refused_as_full(await until_refused(client, history))
            # Many at once: what one of them cannot write must not be told to another as written.
            answers = await asyncio.gather(
                *(
                    client.post("/v1/sign-up", json={"email": f"{uuid4().hex}@example.com", "password": PASSWORD})
                    for _ in range(20)
                )
            )
            for answer in answers:
                if answer.status_code == 201:
                    history.signed_up(answer.json()["email"], answer)
                else:
                    assert answer.status_code in {503, 507}, answer.text
            await reads_go_on(client, guest.headers, chief)
            disk.make_room()
            # By itself, at the next try.
            email = f"{uuid4().hex}@example.com"
            answer = await client.post("/v1/sign-up", json={"email": email, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            history.signed_up(email, answer)
            answer = await client.post("/v1/tokens/refresh", json={"refresh_token": refresh_token})
            assert answer.status_code == 200, answer.text
            refresh_token = history.refreshed(refresh_token, answer)["refresh_token"]
        assert await figure(client, "doorward_database_errors_total", "storage-full") >= rounds
    assert "storage-full" in node.log
    return history


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_a_full_disk_under_sqlite_refuses_changes_and_nothing_else(disk: SmallDisk, rounds: int) -> None:
    url = f"sqlite:///{disk.folder}/doorward.sqlite3"
    async with nodes(url, disk.folder) as (node,):
        history = await story(node, disk, rounds)
        await invariants.hold(url, [node], history)
        node.signal(signal.SIGTERM)
        assert await node.ended() == 0
    connection = sqlite3.connect(f"{disk.folder}/doorward.sqlite3")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


async def test_a_log_on_the_full_disk_stops_nobody(disk: SmallDisk, tmp_path: Path) -> None:
    """Lines that cannot be written are dropped and counted; no answer waits for them."""
    url = f"sqlite:///{tmp_path}/doorward.sqlite3"
    log = disk.folder / "log"
    node = Node(url, tmp_path)
    history = History(secrets={PASSWORD})
    with log.open("wb") as node.log_file:
        await node.start()
        try:
            async with node.client() as client:
                await make_guest(client, history)
                disk.fill()
                size = log.stat().st_size
                for _ in range(300):
                    assert (await client.get("/livez")).status_code == 200
                guest = await make_guest(client, history)
                assert (await client.get("/v1/me", headers=guest.headers)).status_code == 200
                assert await figure(client, "doorward_log_lines_dropped_total") > 0
                disk.make_room()
                await make_guest(client, history)
            assert log.stat().st_size > size
        finally:
            await node.kill()
    await invariants.acknowledged_users(url, history)


@pytest.fixture
def postgres_disk(postgres_server: PostgresServer) -> Iterator[tuple[SmallDisk, str]]:
    """A disk, and a database whose tables stand on it."""
    if not isinstance(postgres_server, PostgresServer):
        pytest.skip("a server from outside cannot be given a disk of this machine")
    with (
        small_disk(postgres_server.folder / "small-disk", mib=48) as disk,
        postgres_server.database_on(disk.folder) as url,
    ):
        migrate.upgrade(url)
        yield disk, url


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_a_full_disk_under_postgresql_refuses_changes_and_nothing_else(
    postgres_disk: tuple[SmallDisk, str], tmp_path: Path, rounds: int
) -> None:
    disk, url = postgres_disk
    async with nodes(url, tmp_path) as (node,):
        history = await story(node, disk, rounds)
        await invariants.hold(url, [node], history)
