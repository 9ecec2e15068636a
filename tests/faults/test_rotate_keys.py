"""F21: signing keys are rotated, revoked and put back while people are at work."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.processes import Node, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]


async def command(node: Node, *words: str) -> Any:
    """Runs a command on the node's installation; what it printed as JSON."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "doorward", *words, "--json", env=node.environment, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(printed)


async def published(client: Any) -> set[str]:
    return {key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]}


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.long)])
async def test_no_valid_token_is_refused_over_rotations_and_none_of_a_revoked_key_is_accepted(
    own_database_url: str, tmp_path: Path, rounds: int
) -> None:
    history = History()
    settings = {"DOORWARD_RATE_LIMITS__ENABLED": "false"}
    async with (
        nodes(own_database_url, tmp_path, count=2, settings=settings) as pair,
        pair[0].client() as first,
        pair[1].client() as second,
    ):
        guests = [await make_guest(first, history) for _ in range(6)]
        stop, asked = asyncio.Event(), 0

        async def work(place: int) -> None:
            nonlocal asked
            guest = guests[place]
            own, other = (first, second)[place % 2], (second, first)[place % 2]
            while not stop.is_set():
                presented = guest.body["refresh_token"]
                answer = await own.post("/v1/tokens/refresh", json={"refresh_token": presented})
                assert answer.status_code == 200, answer.text
                guest.body |= history.refreshed(presented, answer)
                # At once on the other node, which may never have seen the key.
                for client in (other, own):
                    answer = await client.get("/v1/me", headers=guest.headers)
                    assert answer.status_code == 200, f"a valid token was refused: {answer.text}"
                asked += 1

        async with asyncio.TaskGroup() as working:
            for place in range(len(guests)):
                working.create_task(work(place))
            for number in range(rounds):
                before = await published(first)
                at_least = asked + 30
                items = (await command(pair[number % 2], "key", "rotate", "--now"))["items"]
                await until(lambda least=at_least: asked >= least)  # type: ignore[misc]
                states = [item["state"] for item in items]
                assert states.count("signing") == 1
                assert before <= await published(second), "a key went before the last token that it signed"
            stop.set()

        # Rolled back: an announced key that must never sign is overtaken by another.
        await command(pair[0], "key", "rotate")
        stolen = dict(guests[0].headers)
        (made,) = [
            each
            for each in (await command(pair[0], "key", "rotate", "--revoke"))["items"]
            if each["state"] in {"signing", "announced"}
        ]
        for client in (first, second):
            await until_refused(client, stolen)
            assert await published(client) == {made["kid"]}
        presented = guests[0].body["refresh_token"]
        answer = await second.post("/v1/tokens/refresh", json={"refresh_token": presented})
        guests[0].body |= history.refreshed(presented, answer)
        assert (await first.get("/v1/me", headers=guests[0].headers)).status_code == 200
        await invariants.hold(own_database_url, pair, history)


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110 - the others only have to get their turns
            await asyncio.sleep(0.01)


async def until_refused(client: Any, headers: dict[str, str]) -> None:
    """Within the five seconds for which a process believes what it read."""
    async with asyncio.timeout(5.5):
        while (await client.get("/v1/me", headers=headers)).status_code != 401:  # noqa: ASYNC110 - another process refuses
            await asyncio.sleep(0.05)
