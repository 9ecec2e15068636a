"""F23: two processes write to one SQLite file at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.people import PASSWORD
from tests.make.processes import Node, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(900)]

WRITERS = 20


@pytest.mark.parametrize("each", [10, pytest.param(500, marks=pytest.mark.long)])
async def test_two_processes_on_one_file_refuse_nobody(tmp_path: Path, each: int) -> None:
    """Twenty writers for each process, each of whom writes all the time."""
    url = f"sqlite:///{tmp_path / 'shared.sqlite3'}"
    await asyncio.to_thread(migrate.upgrade, url)
    history = History()
    async with nodes(url, tmp_path, count=2) as pair, pair[0].client() as first, pair[1].client() as second:

        async def write(client: httpx2.AsyncClient) -> None:
            guest = await make_guest(client, history)
            presented = guest.body["refresh_token"]
            for number in range(each):
                answer = await client.post("/v1/tokens/refresh", json={"refresh_token": presented})
                assert answer.status_code == 200, answer.text
                presented = history.refreshed(presented, answer)["refresh_token"]
                answer = await client.patch("/v1/me", json={"name": f"Name {number}"}, headers=guest.headers)
                assert answer.status_code == 200, answer.text
                email = f"{uuid4().hex}@example.com"
                answer = await client.post("/v1/sign-up", json={"email": email, "password": PASSWORD})
                assert answer.status_code == 201, answer.text
                history.signed_up(email, answer)

        async with asyncio.TaskGroup() as writing:
            for client in (first, second):
                for _ in range(WRITERS):
                    writing.create_task(write(client))
        for node in pair:
            # Not "locked" alone: a slow statement is logged, and one of them has a column of a name like that.
            assert "is locked" not in node.log
        await invariants.hold(url, pair, history)


async def test_two_processes_may_start_at_once_on_an_empty_database(
    database_name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    if database_name == "postgresql":
        url = request.getfixturevalue("postgres_server").new_database()
    history = History()
    pair = [Node(url, tmp_path), Node(url, tmp_path)]
    try:
        await asyncio.gather(*(node.start() for node in pair))
        # One schema, one administrator, and each knows the key that the other signs with.
        for one, other in (pair, reversed(pair)):
            headers = await invariants.administrator(one, history)
            async with other.client() as client:
                assert (await client.get("/v1/users", headers=headers)).status_code == 200
        assert len(await invariants.rows(url, "SELECT id FROM users")) == 1
        await invariants.hold(url, pair, history)
    finally:
        for node in pair:
            if node.process is not None and node.process.returncode is None:
                await node.kill()
