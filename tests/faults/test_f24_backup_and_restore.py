"""F24: a backup is made while people are at work, and put back in another place, by what the guide says."""

from __future__ import annotations

import asyncio
import copy
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx2
import orjson
import pytest

from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import Guest, make_guest, sign_in
from tests.make.databases import PostgresServer
from tests.make.people import PASSWORD
from tests.make.processes import Node, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(900)]

GUIDE = Path(__file__).parents[2] / "docs/guides/backup.md"
ROUNDS = [1, pytest.param(10, marks=pytest.mark.long)]


class Work:
    """People who sign up, refresh and sign out, all the time."""

    def __init__(self, client: httpx2.AsyncClient, history: History) -> None:
        self._client = client
        self._history = history
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._acknowledged = 0
        self._wanted = 0
        self._reached = asyncio.Event()
        # Every pair of tokens that anybody was given.
        self.handed: list[tuple[str, str]] = []

    def _one(self, body: Mapping[str, str] | None = None) -> None:
        if body is not None:
            self.handed.append((body["access_token"], body["refresh_token"]))
        self._acknowledged += 1
        if self._acknowledged >= self._wanted:
            self._reached.set()

    async def more(self, number: int) -> None:
        """Waits until as many further changes were acknowledged."""
        self._wanted = self._acknowledged + number
        self._reached.clear()
        async with asyncio.timeout(60):
            await self._reached.wait()

    @asynccontextmanager
    async def of(self, guests: list[Guest]) -> AsyncIterator[None]:
        """It goes on meanwhile."""
        self._tasks = [asyncio.create_task(self._newcomers()) for _ in range(3)]
        self._tasks += [asyncio.create_task(self._refresh(guest)) for guest in guests]
        self._tasks += [asyncio.create_task(self._come_and_go(guest)) for guest in guests]
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.gather(*self._tasks)

    async def _newcomers(self) -> None:
        while not self._stop.is_set():
            self._one((await make_guest(self._client, self._history)).body)

    async def _refresh(self, guest: Guest) -> None:
        presented = (await sign_in(self._client, self._history, guest.email))["refresh_token"]
        while not self._stop.is_set():
            answer = await self._client.post("/v1/tokens/refresh", json={"refresh_token": presented})
            assert answer.status_code == 200, answer.text
            body = self._history.refreshed(presented, answer)
            presented = body["refresh_token"]
            self._one(body)

    async def _come_and_go(self, guest: Guest) -> None:
        while not self._stop.is_set():
            body = await sign_in(self._client, self._history, guest.email)
            self._one(body)
            headers = {"authorization": f"Bearer {body['access_token']}"}
            answer = await self._client.post("/v1/sign-out", headers=headers)
            assert answer.status_code == 204, answer.text
            self._history.dead_access.add(body["access_token"])
            self._history.dead_refresh.add(body["refresh_token"])
            self._history.expected_events.add(("session.ended", body["session"]["id"]))
            self._one()


async def run(*words: str, environment: Mapping[str, str], folder: Path) -> str:
    """Runs a program that must succeed; what it printed."""
    process = await asyncio.create_subprocess_exec(
        *words, env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, f"{words}\n{out.decode()}\n{err.decode()}"
    return out.decode()


async def doorward(*words: str, environment: Mapping[str, str], folder: Path) -> str:
    return await run(sys.executable, "-m", "doorward", *words, environment=environment, folder=folder)


async def counts(url: str) -> dict[str, int]:
    """How many rows each table has, by the plain driver."""
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if url.startswith("sqlite")
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    names = [str(name) for (name,) in await invariants.rows(url, listed)]
    return {name: (await invariants.rows(url, f'SELECT count(*) FROM "{name}"'))[0][0] for name in names}  # noqa: S608 - names of tables


async def holds(url: str, folder: Path, environment: Mapping[str, str]) -> None:
    """What the guide has an operator ask a restored installation before it serves."""
    there = {**environment, "DATABASE_URL": url, "DOORWARD_DATA_DIR": str(folder)}
    await doorward("migrate", "--check", environment=there, folder=folder)
    await doorward("doctor", environment=there, folder=folder)


async def can_work_on(node: Node, history: History, guests: list[Guest]) -> None:
    """Everybody of the backup can sign in, newcomers too, and what they do is kept."""
    after = History(secrets=set(history.secrets))
    async with node.client() as client:
        for guest in guests:
            await sign_in(client, after, guest.email)
        await make_guest(client, after)


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_an_sqlite_backup_made_under_load_is_whole_in_another_place(tmp_path: Path, rounds: int) -> None:
    for number in range(rounds):
        await _once_on_sqlite(tmp_path / str(number))


async def _once_on_sqlite(folder: Path) -> None:
    history = History(secrets={PASSWORD})
    (folder / "here").mkdir(parents=True)
    url = f"sqlite:///{folder}/here/doorward.sqlite3"
    async with nodes(url, folder / "here") as (node,), node.client() as client:
        guests = [await make_guest(client, history) for _ in range(4)]
        untouched = await make_guest(client, history)
        work = Work(client, history)
        async with work.of(guests):
            await work.more(random.randrange(60, 120))
            before = copy.deepcopy(history)
            said = await doorward(
                "backup", str(folder / "one.backup"), "--json", environment=node.environment, folder=folder
            )
            made = orjson.loads(said)
            await work.more(60)
        environment = dict(node.environment)
        await node.kill()

    for name, options in (("kept", ["--keep-sessions"]), ("safe", [])):
        there = folder / name
        there.mkdir()
        restored_url = f"sqlite:///{there}/doorward.sqlite3"
        environment |= {"DATABASE_URL": restored_url, "DOORWARD_DATA_DIR": str(there)}
        await doorward("restore", str(folder / "one.backup"), *options, environment=environment, folder=there)
        assert await invariants.rows(restored_url, "PRAGMA integrity_check") == [("ok",)]
        # One event of the restore itself, and of the keys that it replaced.
        expected = {**made["tables"], "events": made["tables"]["events"] + 1}
        found = await counts(restored_url)
        if name == "kept":
            assert found == expected
        else:
            assert {**found, "events": 0, "signing_keys": 0} == {**expected, "events": 0, "signing_keys": 0}
        await _serves(restored_url, there, environment, before, work, guests, untouched, safe=name == "safe")


async def _serves(
    url: str,
    folder: Path,
    environment: Mapping[str, str],
    before: History,
    work: Work,
    guests: list[Guest],
    untouched: Guest,
    *,
    safe: bool,
) -> None:
    """The restored installation holds what was acknowledged before the backup, and opens for nobody who must stay out."""
    if safe:
        await holds(url, folder, environment)
    held = copy.deepcopy(before)
    if safe:
        # Whatever anybody was given, also after the backup, and whether or not they signed out.
        pairs = [*random.sample(work.handed, min(60, len(work.handed))), *work.handed[-20:]]
        held.dead_access |= {access for access, _ in pairs} | {untouched.body["access_token"]}
        held.dead_refresh |= {refresh for _, refresh in pairs} | {untouched.body["refresh_token"]}
    assert before.dead_refresh, "nobody signed out before the backup, so nothing was shown"
    async with nodes(url, folder) as (node,):
        await invariants.hold(url, [node], held)
        if not safe:
            async with node.client() as client:
                answer = await client.get("/v1/me", headers=untouched.headers)
                assert answer.status_code == 200, answer.text
        await can_work_on(node, before, guests)


def tools_for(server: PostgresServer) -> str:
    """The PATH with PostgreSQL's programs of the server's own major version in front."""
    folder = str(server.programs)
    if shutil.which("pg_dump", path=folder) is None:
        pytest.skip("the server that the suite starts has brought no pg_dump")
    for name in ("gpg", "gpgconf"):
        if shutil.which(name) is None:
            pytest.skip(f"{name}, which the recipe seals with, is not installed")
    return f"{Path(sys.executable).parent}:{folder}:{os.environ['PATH']}"


def recipe(heading: str) -> str:
    """The commands below a heading of the guide."""
    section = GUIDE.read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2]
    found = re.search(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_the_recipe_for_postgresql_under_load_is_whole_in_another_place(
    postgres_server: PostgresServer, tmp_path: Path, rounds: int
) -> None:
    if not isinstance(postgres_server, PostgresServer):
        pytest.skip("a server from outside brings no programs of its own version")
    path = tools_for(postgres_server)
    for number in range(rounds):
        await _once_on_postgres(postgres_server, path, tmp_path / str(number))


async def _once_on_postgres(server: PostgresServer, path: str, folder: Path) -> None:
    history = History(secrets={PASSWORD})
    (folder / "keys").mkdir(parents=True)
    # Short: the path of its agent's socket has a limit.
    home = tempfile.mkdtemp(prefix="gnupg-", dir="/tmp")
    (folder / "keys/passphrase").write_text("six words that seal what is dumped")
    (folder / "keys/passphrase").chmod(0o600)
    url = server.new_database()
    more = {"PATH": path, "GNUPGHOME": home, "PASSPHRASE_FILE": str(folder / "keys/passphrase")}
    try:
        async with nodes(url, folder, settings={"DOORWARD_DATABASE__AUTO_MIGRATE": "true"}) as (node,):
            async with node.client() as client:
                guests = [await make_guest(client, history) for _ in range(4)]
                untouched = await make_guest(client, history)
                work = Work(client, history)
                async with work.of(guests):
                    await work.more(random.randrange(60, 120))
                    before = copy.deepcopy(history)
                    environment = {**node.environment, **more}
                    await run("bash", "-eu", "-c", recipe("Dump"), environment=environment, folder=folder)
                    await work.more(60)
            await node.kill()
        assert (folder / "doorward.dump.gpg").stat().st_mode & 0o077 == 0
        assert b"example.com" not in (folder / "doorward.dump.gpg").read_bytes()

        kept = await _put_back(server, folder, environment, safe=False)
        await _serves(kept, folder, environment, before, work, guests, untouched, safe=False)
        safe = await _put_back(server, folder, environment, safe=True)
        await _serves(safe, folder, environment, before, work, guests, untouched, safe=True)
        changed = bytearray((folder / "doorward.dump.gpg").read_bytes())
        changed[len(changed) // 2] ^= 1
        (folder / "doorward.dump.gpg").write_bytes(changed)
        with pytest.raises(AssertionError, match="gpg"):
            await _put_back(server, folder, environment, safe=False)
    finally:
        await run("gpgconf", "--kill", "all", environment={**os.environ, **more}, folder=folder)
        shutil.rmtree(home)


async def _put_back(server: PostgresServer, folder: Path, environment: Mapping[str, str], *, safe: bool) -> str:
    """Restores into a new database by the recipe; without the last of its steps unless it is to be safe."""
    url = server.new_database()
    commands = recipe("Restore the dump")
    assert "doorward after-restore --yes" in commands
    if not safe:
        commands = commands.partition("doorward after-restore")[0]
    there = {**environment, "DATABASE_URL": url}
    await run("bash", "-eu", "-c", commands, environment=there, folder=folder)
    connection = await asyncpg.connect(url)
    try:
        restored = await connection.fetchval("SELECT count(*) FROM events WHERE type = 'database.restored'")
    finally:
        await connection.close()
    assert restored == (1 if safe else 0)
    return url
