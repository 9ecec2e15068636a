"""The secret of the installation is replaced on two nodes, one after another, while people are at work on both."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.faults.test_f13_rolling_upgrade import Traffic, at_work
from tests.make.processes import SECRETS, Node

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

NEW = "another secret that nobody has ever seen before"
# Known everywhere before anybody uses it, and used everywhere before the old one goes out of use.
STEPS = (f"{SECRETS},{NEW}", f"{NEW},{SECRETS}")


async def test_nobody_notices_that_the_secret_is_replaced_step_by_step(own_database_url: str, tmp_path: Path) -> None:
    history = History()
    traffic = Traffic(history, carries_on_anywhere=True)
    # One name for both: without it each would call itself by the port that it was given.
    settings = {"DOORWARD_TOKENS__ISSUER": "http://id.example.com"}
    pair = [Node(own_database_url, tmp_path, **settings) for _ in range(2)]
    try:
        for node in pair:
            await node.start()
            traffic.join(node)
        async with pair[0].client() as client:
            guests = [await make_guest(client, history) for _ in range(4)]
        async with at_work(traffic, guests):
            for secrets in STEPS:
                for node in random.sample(pair, 2):
                    await replace(traffic, node, secrets)
            crossed = traffic.crossed
            await traffic.more(6)
            assert traffic.crossed > crossed
            # What signs tokens is sealed anew with the key; what is sealed with the old secret stays readable.
            await pair[0].command("key", "rotate", "--now")
            await traffic.more(6)
            with pytest.raises(AssertionError, match="cannot be opened"):
                await only_with(NEW, pair[0])
            # Now all that lasts, under the hands of those who sign in and change it; then the old one goes.
            resealing = asyncio.create_task(pair[1].command("secret", "reseal"))
            await traffic.more(4)
            assert "credentials and" in await resealing
            for node in random.sample(pair, 2):
                await replace(traffic, node, NEW)
            await traffic.more(6)
        await invariants.hold(own_database_url, pair, history)
    finally:
        await traffic.close()
        for node in pair:
            if node.process is not None and node.process.returncode is None:
                await node.kill()


async def replace(traffic: Traffic, node: Node, secrets: str) -> None:
    """One node after another, as a balancer drains it."""
    await traffic.more(4)
    await traffic.leave(node)
    node.signal(signal.SIGTERM)
    assert await node.ended() == 0
    node.environment["DOORWARD_SECRETS"] = secrets
    await node.start()
    traffic.join(node)


async def only_with(secret: str, node: Node) -> None:
    """Whoever takes the old secret away too early is told at once, before anything is served."""
    alone = Node("", Path(node.environment["DOORWARD_DATA_DIR"]))
    alone.environment = node.environment | {"DOORWARD_SECRETS": secret}
    try:
        await alone.start()
    finally:
        if alone.process is not None and alone.process.returncode is None:
            await alone.kill()
    await asyncio.sleep(0)
