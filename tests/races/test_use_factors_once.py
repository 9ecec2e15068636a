"""Fifty at once: each code of an app, each recovery code and each enrollment serves one of them."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from doorward.domain.risk.settings import LockoutSettings
from doorward.domain.sign_in.settings import SignInSettings
from doorward.infra.tools import Tools
from tests.faults.invariants import rows
from tests.make.authenticator_app import code_now, give_app, give_codes
from tests.make.people import PASSWORD, make_user, sign_in
from tests.make.tools import changed
from tests.races.conftest import Clients

pytestmark = pytest.mark.integration

AT_ONCE = 50


async def _attempts(clients: Clients, count: int) -> list[str]:
    body = {"identifier": "ada@example.com", "password": PASSWORD}
    answers = [await clients[place % 2].post("/v1/sign-in", json=body) for place in range(count)]
    assert {answer.json()["status"] for answer in answers} == {"pending"}
    return [str(answer.json()["attempt"]) for answer in answers]


async def _answer_all(clients: Clients, attempts: list[str], answers: list[dict[str, str]]) -> list[httpx2.Response]:
    return await asyncio.gather(
        *(
            clients[place % 2].post(f"/v1/sign-in/{attempt}/answers", json={"answers": answers[place % len(answers)]})
            for place, attempt in enumerate(attempts)
        )
    )


def _let_all_be_compared(pair: tuple[Tools, Tools]) -> None:
    """What is looked for is the single use, which must hold without the count of wrong answers too."""
    for tools in pair:
        changed(tools, LockoutSettings, delay_from=100, lock_at=100)
        changed(tools, SignInSettings, attempt_tries=100)


async def test_a_code_of_an_app_lets_one_in(own_database_url: str, pair: tuple[Tools, Tools], clients: Clients) -> None:
    _let_all_be_compared(pair)
    ada = await make_user(pair[0], "ada@example.com")
    app = await give_app(pair[0], ada.id)
    attempts = await _attempts(clients, AT_ONCE)
    answers = await _answer_all(clients, attempts, [{"totp": code_now(pair[0], app)}])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1
    assert set(statuses) == {200, 401}
    assert len(await rows(own_database_url, "SELECT id FROM sessions")) == 1


async def test_an_attempt_lets_one_in_whatever_codes_answer_it(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    _let_all_be_compared(pair)
    ada = await make_user(pair[0], "ada@example.com")
    app = await give_app(pair[0], ada.id)
    codes = await give_codes(pair[0], ada.id)
    (attempt,) = await _attempts(clients, 1)
    right = [{"totp": code_now(pair[0], app)}, *({"recovery_code": code} for code in codes)]
    answers = await _answer_all(clients, [attempt] * AT_ONCE, right)
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1
    assert len(await rows(own_database_url, "SELECT id FROM sessions")) == 1


async def test_a_recovery_code_lets_one_in_and_the_others_stay_good(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    _let_all_be_compared(pair)
    ada = await make_user(pair[0], "ada@example.com")
    await give_app(pair[0], ada.id)
    codes = await give_codes(pair[0], ada.id)
    attempts = await _attempts(clients, AT_ONCE)
    answers = await _answer_all(clients, attempts, [{"recovery_code": codes[0]}])
    assert [answer.status_code for answer in answers].count(200) == 1
    assert len(await rows(own_database_url, "SELECT id FROM sessions")) == 1
    # Two different ones at the same moment do not undo each other.
    both = await _attempts(clients, 2)
    answers = await _answer_all(clients, both, [{"recovery_code": codes[1]}, {"recovery_code": codes[2]}])
    assert [answer.status_code for answer in answers] == [200, 200]
    person = answers[0].json()["access_token"]
    left = await clients[0].get("/v1/me/recovery-codes", headers={"authorization": f"Bearer {person}"})
    assert left.json()["left"] == 7


async def test_an_enrollment_adds_one_app(own_database_url: str, pair: tuple[Tools, Tools], clients: Clients) -> None:
    await make_user(pair[0], "ada@example.com")
    person = await sign_in(clients[0])
    begun = (await clients[0].post("/v1/me/totp", headers=person.headers)).json()
    body = {"enrollment": begun["enrollment"], "code": code_now(pair[0], begun["secret"])}
    answers = await asyncio.gather(
        *(clients[place % 2].post("/v1/me/totp/confirm", headers=person.headers, json=body) for place in range(20))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) == {201, 410}
    assert len(await rows(own_database_url, "SELECT id FROM credentials WHERE method = 'totp'")) == 1


async def test_wrong_codes_at_once_are_compared_no_more_often_than_allowed(
    pair: tuple[Tools, Tools], clients: Clients
) -> None:
    ada = await make_user(pair[0], "ada@example.com")
    app = await give_app(pair[0], ada.id)
    attempts = await _attempts(clients, AT_ONCE)
    answers = await _answer_all(clients, attempts, [{"totp": "no code"}])
    statuses = [answer.status_code for answer in answers]
    assert 1 <= statuses.count(401) <= 10
    assert statuses.count(401) + statuses.count(429) == AT_ONCE
    (right,) = await _answer_all(clients, attempts[:1], [{"totp": code_now(pair[0], app)}])
    assert right.status_code == 429
