"""Fifty guesses at once, on two nodes: no more are compared than the lock allows."""

from __future__ import annotations

import asyncio

import pytest

from doorward.infra.tools import Tools
from tests.faults.invariants import rows
from tests.make.people import make_user
from tests.races.conftest import Clients

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("identifier", ["ada@example.com", "nobody@example.com"])
async def test_compares_no_more_than_the_lock_allows(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients, identifier: str
) -> None:
    await make_user(pair[0])
    hashed = [tools.hashing.finished for tools in pair]
    answers = await asyncio.gather(
        *(
            clients[number % 2].post("/v1/sign-in", json={"identifier": identifier, "password": f"wrong {number}"})
            for number in range(50)
        )
    )
    codes = [answer.json()["code"] for answer in answers]
    compared = sum(tools.hashing.finished for tools in pair) - sum(hashed)
    assert set(codes) == {"sign-in-failed", "too-many-attempts"}
    assert codes.count("sign-in-failed") == compared <= 10
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 429)
    counts = await rows(own_database_url, "SELECT failed, total, locks FROM failed_attempts")
    assert all(total == compared for _, total, _ in counts)


async def test_fifty_right_answers_at_once_do_not_lock_their_owner_out(
    pair: tuple[Tools, Tools], clients: Clients
) -> None:
    await make_user(pair[0])
    right = {"identifier": "ada@example.com", "password": "correct staple battery 9"}
    await asyncio.gather(*(clients[number % 2].post("/v1/sign-in", json=right) for number in range(50)))
    assert (await clients[0].post("/v1/sign-in", json=right)).status_code == 200
