"""F4: PostgreSQL stands still, as behind a broken network or a stuck disk, and goes on after a while."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from doorward.infra.database import migrate
from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.databases import PostgresServer
from tests.make.processes import nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

# What a statement may take, and opening a connection or waiting for one after it.
LIMIT_SECONDS = 10.0
SLACK_SECONDS = 4.0


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server for this test alone: nobody else's may stand still."""
    server = PostgresServer()
    yield server
    server.stop()


def signal_all(server: PostgresServer, number: signal.Signals) -> None:
    """Sends a signal to the server and every process of it."""
    pid = int((server.folder / "postmaster.pid").read_text().split("\n", 1)[0])
    head = psutil.Process(pid)
    for process in (head, *head.children(recursive=True)):
        process.send_signal(number)


@pytest.mark.parametrize("seconds", [14, pytest.param(30, marks=pytest.mark.long)])
async def test_requests_end_in_time_while_postgresql_stands_still(
    own_server: PostgresServer, tmp_path: Path, seconds: int
) -> None:
    url = own_server.new_database()
    await asyncio.to_thread(migrate.upgrade, url)
    history = History()
    async with nodes(url, tmp_path / "data", settings={"DOORWARD_RATE_LIMITS__ENABLED": "false"}) as (node,):
        async with node.client() as client:
            guest = await make_guest(client, history)
            answers: Counter[int] = Counter()
            longest = 0.0

            async def ask() -> None:
                nonlocal longest
                while time.monotonic() < frozen_until:
                    began = time.monotonic()
                    answer = await client.get("/v1/me", headers=guest.headers)
                    longest = max(longest, time.monotonic() - began)
                    answers[answer.status_code] += 1
                    if answer.status_code == 503:
                        assert "retry-after" in answer.headers
                        await asyncio.sleep(0.2)  # less than what Retry-After asks for

            frozen_until = time.monotonic() + seconds
            signal_all(own_server, signal.SIGSTOP)
            try:
                asking = [asyncio.create_task(ask()) for _ in range(30)]
                while time.monotonic() < frozen_until - 3:
                    began = time.monotonic()
                    assert (await client.get("/livez")).status_code == 200
                    assert time.monotonic() - began < 1.0
                    ready = await client.get("/readyz")
                    assert ready.status_code == 503
                    assert time.monotonic() - began < LIMIT_SECONDS
                    assert (await client.get("/.well-known/jwks.json")).status_code in {200, 503}
            finally:
                signal_all(own_server, signal.SIGCONT)
            back = time.monotonic()
            await asyncio.gather(*asking)

            assert set(answers) <= {200, 503, 504}, answers
            assert answers[503], "the outage was not felt, so nothing was shown"
            assert longest < LIMIT_SECONDS + SLACK_SECONDS

            await node.ready(within=10)
            assert time.monotonic() - back < 12
            began = time.monotonic()
            whole = await asyncio.gather(*(client.get("/v1/me", headers=guest.headers) for _ in range(50)))
            assert {answer.status_code for answer in whole} == {200}, "something of the outage is left"
            assert time.monotonic() - began < 5
            rows = await invariants.rows(
                url,
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doorward' AND datname = current_database()",
            )
            assert rows[0][0] <= 10, "connections of the outage are left"
        await invariants.hold(url, [node], history)
