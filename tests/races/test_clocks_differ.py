"""F9: the clocks of two nodes differ by minutes, or one jumps back by an hour; nothing lives longer for it than by that much."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from doorward.domain.access.settings import TokensSettings
from doorward.domain.sessions.settings import SessionsSettings
from doorward.infra.tools import Tools
from doorward.kernel.ids import USER, decode
from tests.faults.invariants import rows
from tests.make.authenticator_app import code_now, give_app
from tests.make.people import PASSWORD, make_person
from tests.make.tools import MovableClock
from tests.races.conftest import Clients

pytestmark = pytest.mark.integration

SKEWS: Final = [300, -300, -3600]


def clocks(pair: tuple[Tools, Tools]) -> list[MovableClock]:
    found = [tools.clock for tools in pair]
    assert all(isinstance(clock, MovableClock) for clock in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("skew", SKEWS)
async def test_sessions_go_on_at_either_node(pair: tuple[Tools, Tools], clients: Clients, skew: int) -> None:
    clocks(pair)[1].advance(seconds=skew)
    ada = await make_person(pair[0], clients[0])
    token = ada.refresh_token
    for turn in range(6):
        answer = await clients[turn % 2].post("/v1/tokens/refresh", json={"refresh_token": token})
        assert answer.status_code == 200, answer.text
        token = answer.json()["refresh_token"]
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        # Signed by one clock, and asked for at the one that signed it.
        assert (await clients[turn % 2].get("/v1/me", headers=headers)).status_code == 200
    assert (await clients[1].post("/v1/sign-out", headers=headers)).status_code == 204
    for client in clients:
        assert (await client.get("/v1/me", headers=headers)).status_code == 401
        assert (await client.post("/v1/tokens/refresh", json={"refresh_token": token})).status_code == 401


@pytest.mark.parametrize("skew", SKEWS)
async def test_no_access_token_outlives_its_time_by_more_than_leeway_and_skew(
    pair: tuple[Tools, Tools], clients: Clients, skew: int
) -> None:
    clocks(pair)[1].advance(seconds=skew)
    ada = await make_person(pair[0], clients[0])
    lifetime = pair[0].section(SessionsSettings).access_token_seconds
    leeway = pair[0].section(TokensSettings).leeway_seconds
    for clock in clocks(pair):
        clock.advance(seconds=lifetime + leeway + 1)
    assert (await clients[0].get("/v1/me", headers=ada.headers)).status_code == 401
    for clock in clocks(pair):
        clock.advance(seconds=abs(skew))
    for client in clients:
        assert (await client.get("/v1/me", headers=ada.headers)).status_code == 401


@pytest.mark.parametrize("skew", [30, -30, *SKEWS])
async def test_a_code_of_an_app_works_once_wherever_it_is_tried(
    pair: tuple[Tools, Tools], clients: Clients, skew: int
) -> None:
    ada = await make_person(pair[0], clients[0])
    app = await give_app(pair[0], decode(USER, ada.user["id"]))
    clocks(pair)[1].advance(seconds=skew)
    code = code_now(pair[0], app)
    outcomes = []
    for client in (clients[0], clients[1], clients[0]):
        begun = await client.post("/v1/sign-in", json={"identifier": "ada@example.com", "password": PASSWORD})
        answers = {"answers": {"totp": code}}
        answer = await client.post(f"/v1/sign-in/{begun.json()['attempt']}/answers", json=answers)
        outcomes.append(answer.status_code)
    assert outcomes == [200, 401, 401]


@pytest.mark.parametrize("skew", SKEWS)
async def test_ids_stay_unique(own_database_url: str, pair: tuple[Tools, Tools], clients: Clients, skew: int) -> None:
    clocks(pair)[1].advance(seconds=skew)
    answers = await asyncio.gather(
        *(
            clients[number % 2].post("/v1/sign-up", json={"email": f"person{number}@example.com", "password": PASSWORD})
            for number in range(20)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 20
    assert len(await rows(own_database_url, "SELECT DISTINCT id FROM events")) == len(
        await rows(own_database_url, "SELECT id FROM events")
    )
