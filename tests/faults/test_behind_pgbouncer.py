"""Doorward behind PgBouncer in transaction mode: each transaction may be on another connection, and nothing is mixed up."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.databases import OutsidePostgres, PostgresServer
from tests.make.processes import nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

# As the guide to PostgreSQL says it.
_CONFIGURATION = """
[databases]
* = host={host} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 100
ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout, jit, extra_float_digits
"""


@pytest.fixture
async def addresses(
    postgres_server: PostgresServer | OutsidePostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, str]]:
    """A new database: its own address, and that by the bouncer."""
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("no pgbouncer on the PATH")
    if isinstance(postgres_server, OutsidePostgres):
        pytest.skip(
            "TEST_POSTGRES_URL names a server that asks for passwords as it likes: the bouncer is set up for ours"
        )
    url = postgres_server.new_database()
    await asyncio.to_thread(migrate.upgrade, url)
    parts = urlsplit(url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = tmp_path_factory.mktemp("bouncer") / "pgbouncer.ini"
    file.write_text(_CONFIGURATION.format(host=parse_qs(parts.query)["host"][0], port=port))
    as_somebody: tuple[str, ...] = ()
    if postgres_server.runs_as is not None:  # we are root, which it refuses to be
        as_somebody = ("-u", postgres_server.runs_as)
        for folder in (file.parent, *file.parent.parents[:2]):
            folder.chmod(0o755)
    process = await asyncio.create_subprocess_exec(program, "-q", *as_somebody, str(file))
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    assert process.returncode is None
                    await asyncio.sleep(0.05)  # until it listens
                else:
                    writer.close()
                    break
        yield url, f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize("rounds", [8, pytest.param(200, marks=pytest.mark.long)])
async def test_everything_works_over_connections_that_are_shared_by_transaction(
    addresses: tuple[str, str], tmp_path: Path, rounds: int
) -> None:
    direct, bounced = addresses
    history = History()
    settings = {"DOORWARD_DATABASE__PREPARED_STATEMENTS": "false"}
    async with nodes(bounced, tmp_path, count=2, settings=settings) as pair:
        clients = [node.client() for node in pair]

        async def work(place: int) -> None:
            client = clients[place % 2]
            for _ in range(rounds):
                guest = await make_guest(client, history)
                answer = await client.get("/v1/me", headers=guest.headers)
                assert (answer.status_code, answer.json().get("id")) == (200, guest.id), answer.text
                presented = guest.body["refresh_token"]
                answer = await client.post("/v1/tokens/refresh", json={"refresh_token": presented})
                assert answer.status_code == 200, answer.text
                guest.body |= history.refreshed(presented, answer)
                answer = await client.post("/v1/sign-out", headers=guest.headers)
                assert answer.status_code == 204, answer.text
                history.dead_access.add(guest.body["access_token"])

        async with asyncio.TaskGroup() as working:
            for place in range(8):
                working.create_task(work(place))
        async with asyncio.timeout(60):
            while await invariants.rows(direct, "SELECT id FROM jobs WHERE dead_at IS NULL AND run_at <= now()"):  # noqa: ASYNC110 - other processes work
                await asyncio.sleep(0.1)
        assert await invariants.rows(direct, "SELECT name FROM schedules")
        assert not await invariants.rows(direct, "SELECT kind FROM jobs WHERE last_error IS NOT NULL")
        for client in clients:
            await client.aclose()
        await invariants.hold(direct, pair, history)
