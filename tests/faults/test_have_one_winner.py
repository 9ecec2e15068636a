"""F10 and F11: many do the same at once, on two nodes."""

from __future__ import annotations

import asyncio
import unicodedata
from pathlib import Path

import httpx2
import pytest

from tests.faults import invariants
from tests.faults.invariants import History
from tests.faults.people import make_guest, sign_in
from tests.make.people import PASSWORD
from tests.make.processes import nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(900)]

ROUNDS = [2, pytest.param(50, marks=pytest.mark.long)]
AT_ONCE = 50


def _spellings(address: str) -> list[str]:
    """The same address as people, keyboards and other programs write it."""
    local, _, domain = address.partition("@")
    changed = []
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, local)
        for spelled in (text, text.upper(), text.title(), text.swapcase()):
            changed += [f"{spelled}@{domain}", f"{spelled}@{domain.upper()}"]
    return [changed[number % len(changed)] for number in range(AT_ONCE)]


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_one_address_in_fifty_spellings_makes_one_account(
    own_database_url: str, tmp_path: Path, rounds: int
) -> None:
    history = History(secrets={PASSWORD})
    async with (
        nodes(own_database_url, tmp_path, count=2) as pair,
        pair[0].client() as first,
        pair[1].client() as second,
    ):
        for number in range(rounds):
            address = f"z\u00f6e.m\u00fcller{number}@example.com"
            answers = await asyncio.gather(
                *(
                    (first, second)[place % 2].post(
                        "/v1/sign-up", json={"email": spelling, "password": PASSWORD, "username": f"Zoe{number}"}
                    )
                    for place, spelling in enumerate(_spellings(address))
                )
            )
            made = [answer for answer in answers if answer.status_code == 201]
            assert len(made) == 1
            history.signed_up(address, made[0])
            for answer in answers:
                if answer is not made[0]:
                    assert answer.status_code == 409, answer.text
                    assert answer.json()["code"] in {"email-taken", "username-taken"}
        await invariants.hold(own_database_url, pair, history)


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_fifty_uses_of_a_refresh_token_have_one_successor(
    own_database_url: str, tmp_path: Path, rounds: int
) -> None:
    history = History()
    async with (
        nodes(own_database_url, tmp_path, count=2, settings={"DOORWARD_SESSIONS__REFRESH_GRACE_SECONDS": "2"}) as pair,
        pair[0].client() as first,
        pair[1].client() as second,
    ):
        for _ in range(rounds):
            guest = await make_guest(first, history)
            other = await sign_in(second, history, guest.email)
            presented = guest.body["refresh_token"]

            async def use(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
                return await client.post("/v1/tokens/refresh", json={"refresh_token": token})

            answers = await asyncio.gather(*(use((first, second)[place % 2], presented) for place in range(AT_ONCE)))
            assert {answer.status_code for answer in answers} == {200}
            for answer in answers:
                history.refreshed(presented, answer)
            (successor,) = {answer.json()["refresh_token"] for answer in answers}
            assert (await use(second, successor)).status_code == 200
            # The grace time passes; nothing but time ends it.
            await asyncio.sleep(2.1)
            late = await asyncio.gather(*(use((first, second)[place % 2], presented) for place in range(10)))
            assert {answer.status_code for answer in late} == {401}
            assert "refresh-token-reused" in {answer.json()["code"] for answer in late}
            history.dead_refresh |= {presented, successor}
            history.dead_access |= {answer.json()["access_token"] for answer in answers}
            history.expected_events.add(("session.refresh_token_reused", guest.session))
            history.expected_events.add(("session.ended", guest.session))
            # The same person's other session knows nothing of it.
            answer = await second.get("/v1/me", headers={"authorization": f"Bearer {other['access_token']}"})
            assert answer.status_code == 200
            answer = await use(first, other["refresh_token"])
            assert answer.status_code == 200
            history.refreshed(other["refresh_token"], answer)
        await invariants.hold(own_database_url, pair, history)
