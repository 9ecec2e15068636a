"""A read replica that lags, loses its primary, stops and comes back: lists may be old for seconds, decisions never."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx2
import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.databases import OutsidePostgres, PostgresServer, Standby
from tests.make.processes import Node, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

LAG_SECONDS = 2
_READS = re.compile(r'doorward_database_replica_reads_total\{server="(\w+)"\} ([0-9.]+)')


@pytest.fixture
async def database(postgres_server: PostgresServer | OutsidePostgres) -> str:
    """Of an ordinary role: no right beyond owning the database may be needed."""
    if isinstance(postgres_server, OutsidePostgres):
        pytest.skip("TEST_POSTGRES_URL names a server whose files are not ours: no replica can be made of it")
    url = postgres_server.new_database()
    connection = await asyncpg.connect(url)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(
        f'CREATE ROLE "{name}" LOGIN; ALTER DATABASE "{name}" OWNER TO "{name}"; ALTER SCHEMA public OWNER TO "{name}"'
    )
    await connection.close()
    own = url.replace("postgres:@", f"{name}@", 1)
    assert own != url
    await asyncio.to_thread(migrate.upgrade, own)
    return own


@pytest.fixture
async def standby(database: str, postgres_server: PostgresServer) -> AsyncIterator[Standby]:
    made = await asyncio.to_thread(postgres_server.standby)
    yield made
    await asyncio.to_thread(made.remove)


async def on(url: str, *statements: str) -> None:
    """Runs statements on a server, as its administrator."""
    connection = await asyncpg.connect(re.sub(r"//\w+@", "//postgres@", url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def ask(url: str, statement: str) -> str:
    """What a server answers its administrator."""
    connection = await asyncpg.connect(re.sub(r"//\w+@", "//postgres@", url))
    try:
        return str(await connection.fetchval(statement))
    finally:
        await connection.close()


class Seen:
    """What an administrator sees, and which server answered."""

    def __init__(self, node: Node, client: httpx2.AsyncClient, chief: dict[str, str]) -> None:
        self._node = node
        self._client = client
        self._chief = chief

    async def reads(self) -> dict[str, int]:
        """By server, how many statements that may lag it answered."""
        text = (await self._client.get("/metrics")).text
        return {server: int(float(number)) for server, number in _READS.findall(text)}

    async def users(self, **headers: str) -> tuple[set[str], str]:
        """The addresses in the list, and by which server."""
        before = await self.reads()
        answer = await self._client.get(
            "/v1/users",
            params={"limit": 100},
            headers=self._chief | {k.replace("_", "-"): v for k, v in headers.items()},
        )
        assert answer.status_code == 200, answer.text
        after = await self.reads()
        grown = [server for server, number in after.items() if number > before[server]]
        return {item["email"] for item in answer.json()["items"]}, "".join(grown)

    async def until(self, state: str) -> None:
        """Waits until readiness says so of the replica; it stays ready all the time."""
        async with asyncio.timeout(30):
            while True:
                answer = await self._client.get("/readyz")
                assert answer.status_code == 200, answer.text
                if answer.json()["checks"]["replica"] == state:
                    return
                await asyncio.sleep(0.05)  # asking in a loop is what a load balancer does


async def test_lists_come_from_the_replica_and_decisions_never(database: str, standby: Standby, tmp_path: Path) -> None:
    replica = standby.url(database)
    settings = {"DATABASE_REPLICA_URL": replica, "DOORWARD_DATABASE__REPLICA_LAG_SECONDS": str(LAG_SECONDS)}
    history = History()
    async with nodes(database, tmp_path, settings=settings) as [node], node.client() as client:
        seen = Seen(node, client, await invariants.administrator(node, history))
        first = await make_guest(client, history)
        await seen.until("ok")
        assert await seen.users() == ({first.email, "chief@example.com"}, "replica")
        assert await seen.users(cache_control="no-cache") == ({first.email, "chief@example.com"}, "")

        # It stands still: for a moment its lists are old, which whoever has just written something can turn off.
        await seen.until("ok")
        await on(replica, "SELECT pg_wal_replay_pause()")
        second = await make_guest(client, history)
        listed, server = await seen.users()
        assert (second.email not in listed, server) == (True, "replica")
        listed, server = await seen.users(cache_control="no-cache")
        assert (second.email in listed, server) == (True, "")
        # What decides never looks there: in at once, out at once.
        assert (await client.get("/v1/me", headers=second.headers)).status_code == 200
        assert (await client.post("/v1/sign-out", headers=second.headers)).status_code == 204
        assert (await client.get("/v1/me", headers=second.headers)).status_code == 401
        history.dead_access.add(second.body["access_token"])
        history.dead_refresh.add(second.body["refresh_token"])
        await seen.until("behind")
        listed, server = await seen.users()
        assert (second.email in listed, server) == (True, "primary")
        await on(replica, "SELECT pg_wal_replay_resume()")
        await seen.until("ok")
        assert (await seen.users())[1] == "replica"

        # Cut off from its primary it has replayed all that came, and would call itself up to date.
        way = await ask(replica, "SELECT quote_literal(current_setting('primary_conninfo'))")
        await on(replica, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
        third = await make_guest(client, history)
        await seen.until("behind")
        listed, server = await seen.users()
        assert (third.email in listed, server) == (True, "primary")
        await on(replica, f"ALTER SYSTEM SET primary_conninfo = {way}", "SELECT pg_reload_conf()")
        await seen.until("ok")

        # It goes away, and comes back.
        await asyncio.to_thread(standby.stop)
        listed, server = await seen.users()
        assert (third.email in listed, server) == (True, "primary")
        await seen.until("away")
        doctor = {part["part"]: part for part in json.loads(await node.command("doctor", "--json"))["items"]}
        assert (doctor["replica"]["state"], "DATABASE_REPLICA_URL" in doctor["replica"]["remedy"]) == ("warning", True)
        await asyncio.to_thread(standby.start)
        await seen.until("ok")
        assert (await seen.users())[1] == "replica"
        await invariants.hold(database, [node], history)


async def test_a_server_that_is_no_replica_of_this_one_is_never_read(database: str, tmp_path: Path) -> None:
    async with (
        nodes(database, tmp_path, settings={"DATABASE_REPLICA_URL": database}) as [node],
        node.client() as client,
    ):
        seen = Seen(node, client, await invariants.administrator(node, History()))
        await seen.until("not-a-replica")
        assert (await seen.users())[1] == "primary"
        doctor = {part["part"]: part for part in json.loads(await node.command("doctor", "--json"))["items"]}
        assert doctor["replica"]["finding"] == "it is no replica of this database"
