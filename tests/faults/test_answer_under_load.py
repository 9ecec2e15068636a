"""F18 and F19: every connection to the database is in use; a flood of sign-ins costs hashes."""

from __future__ import annotations

import asyncio
import secrets
import statistics
import time
from pathlib import Path

import asyncpg
import httpx2
import pytest

from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.locks import held
from tests.faults.people import Guest, make_guest
from tests.make.processes import Node, Wire, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(900)]

CONNECTIONS = 4
SMALL_POOL = {
    "DOORWARD_DATABASE__POOL_SIZE": str(CONNECTIONS),
    "DOORWARD_DATABASE__POOL_WAIT_SECONDS": "1",
    "DOORWARD_DATABASE__BUSY_TIMEOUT_SECONDS": "1",
    "DOORWARD_DATABASE__STATEMENT_TIMEOUT_SECONDS": "3",
}
READS = ("/livez", "/readyz", "/.well-known/jwks.json", "/v1/me")


async def _all_reads_answer(client: httpx2.AsyncClient, guest: Guest, *, within: float) -> None:
    for path in READS:
        began = time.monotonic()
        answer = await client.get(path, headers=guest.headers if path == "/v1/me" else {})
        assert answer.status_code == 200, f"{path}: {answer.text}"
        assert time.monotonic() - began < within, path


async def _change(client: httpx2.AsyncClient, guest: Guest, name: str) -> httpx2.Response:
    return await client.patch("/v1/me", json={"name": name}, headers=guest.headers)


async def test_slow_changes_get_503_soon_and_take_no_reader_with_them(own_database_url: str, tmp_path: Path) -> None:
    history = History()
    async with nodes(own_database_url, tmp_path, settings=SMALL_POOL) as (node,), node.client() as client:
        slow, other = await make_guest(client, history), await make_guest(client, history)
        async with held(own_database_url, slow.email):
            began = time.monotonic()
            changes = [
                asyncio.create_task(_change(client, slow, f"Name {number}")) for number in range(10 * CONNECTIONS)
            ]
            for refused, finished in enumerate(asyncio.as_completed(changes)):
                if refused in {0, 5, 20}:
                    # While the rest still waits or holds what it got.
                    await _all_reads_answer(client, other, within=1.0)
                answer = await finished
                assert answer.status_code == 503, answer.text
                assert "retry-after" in answer.headers
            # The longest wait for a turn, and then the longest statement.
            assert time.monotonic() - began < 1 + 3 + 3
        answers = await asyncio.gather(*(_change(client, slow, f"Name {number}") for number in range(CONNECTIONS)))
        assert {answer.status_code for answer in answers} == {200}
        history.expected_events.add(("user.updated", slow.id))
        await invariants.hold(own_database_url, [node], history)


@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.long)])
async def test_clients_that_leave_in_the_middle_of_a_query_leave_no_connection_behind(
    own_database_url: str, tmp_path: Path, count: int
) -> None:
    history = History()
    async with nodes(own_database_url, tmp_path, settings=SMALL_POOL) as (node,), node.client() as client:
        slow, other = await make_guest(client, history), await make_guest(client, history)
        for _ in range(count // 100):
            async with held(own_database_url, slow.email):
                await asyncio.gather(*(_ask_and_leave(node, slow) for _ in range(100)))
                await _all_reads_answer(client, other, within=2.0)
        began = time.monotonic()
        # Whoever left is still served to the end of their wait; then everything is free again.
        while (answer := await _change(client, slow, "Still here")).status_code == 503:
            assert time.monotonic() - began < 10, answer.text
        assert answer.status_code == 200
        answers = await asyncio.gather(
            *(_change(client, guest, "All at once") for guest in (slow, other) for _ in range(CONNECTIONS))
        )
        assert {each.status_code for each in answers} == {200}
        if own_database_url.startswith("postgresql"):
            await _no_connection_left(own_database_url)
        await invariants.hold(own_database_url, [node], history)


async def _ask_and_leave(node: Node, guest: Guest) -> None:
    wire = await Wire.to(node)
    await wire.ask("PATCH", "/v1/me", token=guest.body["access_token"], body=b'{"name":"Gone"}')
    wire.close()


async def _no_connection_left(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        states = await connection.fetch(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'doorward'"
        )
    finally:
        await connection.close()
    assert len(states) <= CONNECTIONS
    assert {row["state"] for row in states} <= {"idle"}


@pytest.mark.parametrize("windows", [3, pytest.param(60, marks=pytest.mark.long)])
async def test_a_flood_of_wrong_passwords_leaves_token_checks_quick(
    own_database_url: str, tmp_path: Path, windows: int
) -> None:
    """50 wrong passwords a second. windows: of two seconds each."""
    history = History()
    # More than two cores of any machine hash in that time.
    costly = {
        "DOORWARD_PASSWORD_HASHING__ARGON2_MEMORY_KIB": "19456",
        "DOORWARD_PASSWORD_HASHING__ARGON2_TIME": "24",
        "DOORWARD_PASSWORD_HASHING__THREADS": "2",
        "DOORWARD_PASSWORD_HASHING__QUEUE_LIMIT": "8",
    }
    async with nodes(own_database_url, tmp_path, settings=costly) as (node,), node.client() as client:
        guest = await make_guest(client, history)
        statuses: list[int] = []
        full = asyncio.Event()

        async def wrong() -> None:
            # Another account each time, as an attacker who has many: one alone would soon be locked.
            body = {"identifier": f"{secrets.token_hex(8)}@example.com", "password": "no such words 12345"}
            answer = await client.post("/v1/sign-in", json=body)
            statuses.append(answer.status_code)
            if answer.status_code == 503:
                full.set()
            assert answer.status_code in {401, 503}, answer.text
            assert answer.status_code == 401 or "retry-after" in answer.headers

        stop = asyncio.Event()

        async def flood(working: asyncio.TaskGroup) -> None:
            while not stop.is_set():
                working.create_task(wrong())
                await asyncio.sleep(1 / 50)

        worst: list[float] = []
        async with asyncio.TaskGroup() as working:
            working.create_task(flood(working))
            async with asyncio.timeout(60):
                # From the first refusal on there is as much to hash as there can be.
                await full.wait()
            for _ in range(windows):
                times: dict[str, list[float]] = {path: [] for path in READS}
                until = time.monotonic() + 2
                while time.monotonic() < until:
                    for path in READS:
                        began = time.monotonic()
                        answer = await client.get(path, headers=guest.headers if path == "/v1/me" else {})
                        times[path].append(time.monotonic() - began)
                        assert answer.status_code == 200
                    await asyncio.sleep(0.02)
                worst.append(max(statistics.quantiles(taken, n=20)[-1] for taken in times.values()))
            stop.set()
        # The middle window: on a shared machine somebody else's work may fall into one of them.
        assert statistics.median(worst) < 0.25, worst
        assert 401 in statuses
        await invariants.hold(own_database_url, [node], history)
