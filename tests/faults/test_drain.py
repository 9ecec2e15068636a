"""F15: SIGTERM under load, with slow changes under way and clients that keep their connections."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.locks import held
from tests.faults.people import Guest, make_guest
from tests.make.processes import Node, Wire, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(1800)]

CLIENTS = 10
PER_SECOND = 10


class Load:
    """Clients that keep their connections. resets: connections that broke under a client who used them before."""

    def __init__(self, node: Node, guest: Guest) -> None:
        self._node = node
        self._guest = guest
        self.answers = 0
        self.resets = 0
        self.others: list[int] = []
        self.asked_to_leave = 0
        self.warm = asyncio.Event()

    async def one_client(self) -> None:
        """Asks again and again until nobody listens any more."""
        while True:
            try:
                wire = await Wire.to(self._node)
            except OSError:
                return
            try:
                if not await self._on(wire):
                    return
            finally:
                wire.close()

    async def _on(self, wire: Wire) -> bool:
        """Uses one connection until it is to be left. Whether a new one is worth trying."""
        while True:
            try:
                await wire.ask("GET", "/v1/me", token=self._guest.body["access_token"])
                status, headers, _ = await wire.answer()
            except (OSError, EOFError):
                # One that was never answered may have come when the door was closing: that is what readiness tells a load
                # balancer in time. One that was, and was not asked to leave, must not break.
                self.resets += wire.answered > 0
                return False
            self.answers += 1
            if self.answers >= 3 * CLIENTS:
                self.warm.set()
            if status != 200:
                self.others.append(status)
            if headers.get("connection") == "close":
                self.asked_to_leave += 1
                return True
            await asyncio.sleep(1 / PER_SECOND)


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.long)])
async def test_sigterm_finishes_what_has_begun_and_breaks_no_connection(
    own_database_url: str, tmp_path: Path, rounds: int
) -> None:
    history = History()
    async with nodes(own_database_url, tmp_path, settings={"DOORWARD_SERVER__DRAIN_DELAY_SECONDS": "1.5"}) as (node,):
        for number in range(rounds):
            if number:
                await node.start()
            async with node.client() as client:
                slow, guest = await make_guest(client, history), await make_guest(client, history)
            load = Load(node, guest)
            clients = [asyncio.create_task(load.one_client()) for _ in range(CLIENTS)]
            async with node.client() as watcher:
                async with held(own_database_url, slow.email):
                    change = await Wire.to(node)
                    await change.ask("PATCH", "/v1/me", token=slow.body["access_token"], body=b'{"name":"Slow"}')
                    await asyncio.wait_for(load.warm.wait(), 20)
                    before = load.answers
                    node.signal(signal.SIGTERM)
                    async with asyncio.timeout(5):
                        while (await watcher.get("/readyz")).status_code != 503:
                            pass
                    # Not ready, and still at work: for so long the load balancer may take to notice.
                    assert load.answers >= before
                    answer = await watcher.get("/v1/me", headers=guest.headers)
                    assert answer.status_code == 200
                    assert answer.headers["connection"] == "close"
                status, _, body = await change.answer()
            assert status == 200, body
            change.close()
            history.expected_events.add(("user.updated", slow.id))
            assert await node.ended(within=30) == 0
            await asyncio.wait_for(asyncio.gather(*clients), 20)
            assert load.resets == 0
            assert load.others == []
            assert load.asked_to_leave >= CLIENTS
        await node.start()
        await invariants.hold(own_database_url, [node], history)
