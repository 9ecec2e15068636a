"""F14: a migration is killed before each of its steps, on a filled database, while the version before serves on."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import Guest, make_guest
from tests.faults.test_f13_rolling_upgrade import empty_database
from tests.make.filled import fill
from tests.make.people import PASSWORD
from tests.make.processes import Node
from tests.make.versions import Version

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
LONGEST_WAIT_SECONDS = 2.0


class Migrating:
    """The program that migrates and is killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def run(self, kind: str, value: float) -> str:
        """One run; how it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{kind} {value}\n".encode())
        answer = (await self._process.stdout.readline()).decode().strip()
        assert answer in {"killed", "finished"}, answer
        return answer


@asynccontextmanager
async def migrating(url: str) -> AsyncIterator[Migrating]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.make.killed_migration", url),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Migrating(process)
    finally:
        process.kill()
        await process.communicate()


async def revision(url: str) -> str | None:
    if not await invariants.rows(
        url,
        "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
        if url.startswith("sqlite")
        else "SELECT relname FROM pg_class WHERE relname = 'alembic_version'",
    ):
        return None
    found = await invariants.rows(url, "SELECT version_num FROM alembic_version")
    return str(found[0][0]) if found else None


async def test_killed_before_any_statement_it_leaves_nothing_half_way_and_goes_on(
    database_name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """From an empty database, every so many steps; each run goes on where the one before was killed."""
    url = empty_database(database_name, request, tmp_path)
    step, every = 1, 1 if request.config.getoption("--long") else 12
    async with migrating(url) as program:
        seen = {await revision(url)}
        while await program.run("step", step) == "killed":
            reached = await revision(url)
            if reached not in seen:
                # A revision is whole now, and the next begins at its first step.
                seen.add(reached)
                step = 0
            step += every
        seen.add(await revision(url))
    assert {migrate.newest()} < seen
    # As if nothing had happened: the schema is the one of the code.
    from tests.migrations.test_schema import differences

    assert await differences(url) == []


@pytest.mark.parametrize(("users", "every"), [(3000, 6), pytest.param(1_000_000, 1, marks=pytest.mark.long)])
async def test_the_version_before_serves_on_while_migrations_are_killed(  # noqa: PLR0915 - a story from start to end
    database_name: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    previous_version: Version,
    users: int,
    every: int,
) -> None:
    url = empty_database(database_name, request, tmp_path)
    old = Node(
        url, tmp_path, version=previous_version, DOORWARD_MODE="production", DOORWARD_WORKER__INSIDE_SERVE="false"
    )
    history = History()
    longest = 0.0
    stop = asyncio.Event()
    asked = 0

    async def work(guest: Guest) -> None:
        nonlocal longest, asked
        async with old.client() as client:
            while not stop.is_set():
                began = time.monotonic()
                presented = guest.body["refresh_token"]
                answer = await client.post("/v1/tokens/refresh", json={"refresh_token": presented})
                assert answer.status_code == 200, answer.text + old.log[-6000:]
                guest.body |= history.refreshed(presented, answer)
                email = f"{guest.id}-{asked}@example.com"
                answer = await client.post("/v1/sign-up", json={"email": email, "password": PASSWORD})
                assert answer.status_code == 201, answer.text + old.log[-6000:]
                history.signed_up(email, answer)
                longest = max(longest, time.monotonic() - began)
                asked += 1

    await old.command("migrate")
    await old.start()
    try:
        async with old.client() as client:
            guests = [await make_guest(client, history) for _ in range(3)]
        await fill(url, users)
        async with asyncio.TaskGroup() as working, migrating(url) as program:
            for guest in guests:
                working.create_task(work(guest))
            step = 1
            while await program.run("step", step) == "killed":
                assert await revision(url) is not None
                step += every
                # In the middle of whatever is being done at that moment.
                if await program.run("after", random.uniform(0.0, 0.3)) == "finished":
                    break
            done = asked + 4
            async with asyncio.timeout(60):
                while asked < done:  # noqa: ASYNC110 - the others only have to get their turns
                    await asyncio.sleep(0.02)
            stop.set()
        assert await revision(url) == migrate.newest()
        assert longest < LONGEST_WAIT_SECONDS, f"somebody waited {longest:.1f} s"
        new = Node(url, tmp_path, DOORWARD_MODE="production", DOORWARD_TOKENS__ISSUER="http://id.example.com")
        try:
            await new.start()
            # The whole checks go over every row; the accounts of the filling are not acknowledged ones.
            await invariants.acknowledged_users(url, history)
            await invariants.single_use(url, history)
            await invariants.recorded(url, history)
            invariants.no_secret_in_logs([old, new], history)
        finally:
            await new.kill()
    finally:
        await old.kill()
