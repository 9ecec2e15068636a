"""Signing in while something else happens to the account, and many answers to one attempt."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from doorward.infra.tools import Tools
from doorward.kernel.ids import USER, encode
from tests.faults.invariants import rows
from tests.make.people import PASSWORD, make_administrator, make_user, sign_in
from tests.races.conftest import Clients

pytestmark = pytest.mark.integration

NEW_PASSWORD = "quiet lantern orbit 7"
ROUNDS = 5
_TRACES = "SELECT user_id FROM event_persons WHERE user_id IS NOT NULL AND user_id NOT IN (SELECT id FROM users)"
AT_ONCE = 6


async def _attempt(client: httpx2.AsyncClient) -> str:
    answer = await client.post("/v1/sign-in", json={"identifier": "ada@example.com"})
    return str(answer.json()["attempt"])


async def test_tries_of_an_attempt_are_not_shared(pair: tuple[Tools, Tools], clients: Clients) -> None:
    await make_user(pair[0], "ada@example.com")
    path = f"/v1/sign-in/{await _attempt(clients[0])}/answers"
    answers = await asyncio.gather(
        *(clients[place % 2].post(path, json={"answers": {"password": f"guess {place}"}}) for place in range(40))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(410) == 20
    assert 1 <= statuses.count(401) <= 10
    assert statuses.count(401) + statuses.count(429) == 20
    right = await clients[0].post(path, json={"answers": {"password": PASSWORD}})
    assert right.status_code == 410


async def test_an_attempt_completes_once(own_database_url: str, pair: tuple[Tools, Tools], clients: Clients) -> None:
    await make_user(pair[0], "ada@example.com")
    path = f"/v1/sign-in/{await _attempt(clients[0])}/answers"
    answers = await asyncio.gather(
        *(clients[place % 2].post(path, json={"answers": {"password": PASSWORD}}) for place in range(20))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 410, 429}
    assert len(await rows(own_database_url, "SELECT id FROM sessions")) == 1


async def _all_dead(client: httpx2.AsyncClient, answers: list[httpx2.Response]) -> None:
    for answer in answers:
        assert answer.status_code in {200, 401, 403, 429}, answer.text
        if answer.status_code == 200:
            body = answer.json()
            seen = await client.get("/v1/me", headers={"authorization": f"Bearer {body['access_token']}"})
            assert seen.status_code == 401
            refreshed = await client.post("/v1/tokens/refresh", json={"refresh_token": body["refresh_token"]})
            assert refreshed.status_code == 401


def _signing_in(clients: Clients, email: str) -> list[asyncio.Task[httpx2.Response]]:
    return [
        asyncio.create_task(clients[place % 2].post("/v1/sign-in", json={"identifier": email, "password": PASSWORD}))
        for place in range(AT_ONCE)
    ]


async def _a_little(number: int) -> None:
    """Lets the others go on for some steps of the event loop, so that each round strikes at another moment."""
    for _ in range(40 * number):
        await asyncio.sleep(0)


@pytest.mark.parametrize("after", ["reinstate", "restore"])
async def test_no_sign_in_outlives_a_suspension_or_deletion_that_is_taken_back(
    pair: tuple[Tools, Tools], clients: Clients, after: str
) -> None:
    chief = await make_administrator(pair[0], clients[0])
    for number in range(ROUNDS):
        email = f"ada{number}@example.com"
        user = await make_user(pair[0], email)
        person = await sign_in(clients[0], email)
        path = f"/v1/users/{person.user['id']}"
        tasks = _signing_in(clients, email)
        await _a_little(number)
        if after == "reinstate":
            ended = await clients[1].post(f"{path}/suspend", headers=chief.headers)
        else:
            ended = await clients[1].delete(path, headers=chief.headers)
        assert ended.status_code in {200, 204}, ended.text
        # Every sign-in that was not asked for later than the acknowledgment.
        answers = list(await asyncio.gather(*tasks))
        assert (await clients[0].post(f"{path}/{after}", headers=chief.headers)).status_code == 200
        await _all_dead(clients[number % 2], answers)
        assert user.email == email
        assert (await sign_in(clients[1], email)).user["id"] == person.user["id"]


async def test_no_sign_in_with_the_old_password_outlives_its_change(
    pair: tuple[Tools, Tools], clients: Clients
) -> None:
    for number in range(ROUNDS):
        email = f"ada{number}@example.com"
        await make_user(pair[0], email)
        person = await sign_in(clients[0], email)
        tasks = _signing_in(clients, email)
        await _a_little(number)
        changed = await clients[1].post(
            "/v1/me/password",
            json={"current_password": PASSWORD, "new_password": NEW_PASSWORD},
            headers=person.headers,
        )
        assert changed.status_code == 204, changed.text
        await _all_dead(clients[0], list(await asyncio.gather(*tasks)))
        assert (await clients[0].get("/v1/me", headers=person.headers)).status_code == 200
        again = await clients[0].post("/v1/sign-in", json={"identifier": email, "password": PASSWORD})
        # Too many wrong ones of those above may have come before it.
        assert again.status_code in {401, 429}


async def test_of_two_password_changes_at_once_one_counts(pair: tuple[Tools, Tools], clients: Clients) -> None:
    await make_user(pair[0], "ada@example.com")
    person = await sign_in(clients[0])
    wanted = [f"quiet lantern orbit {number}" for number in range(10, 16)]
    answers = await asyncio.gather(
        *(
            clients[place % 2].post(
                "/v1/me/password", json={"current_password": PASSWORD, "new_password": new}, headers=person.headers
            )
            for place, new in enumerate(wanted)
        )
    )
    codes = [answer.status_code for answer in answers]
    assert codes.count(204) == 1
    for tools in pair:
        # Those that came too late gave a wrong password, and wrong ones slow the next down.
        tools.clock.advance(minutes=1)  # type: ignore[attr-defined]
    await sign_in(clients[1], password=wanted[codes.index(204)])


async def test_nobody_signs_in_to_an_erased_account(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    chief = await make_administrator(pair[0], clients[0])
    for number in range(ROUNDS):
        email = f"ada{number}@example.com"
        await make_user(pair[0], email)
        person = await sign_in(clients[0], email)
        tasks = _signing_in(clients, email)
        await _a_little(number)
        erased = await clients[1].delete(f"/v1/users/{person.user['id']}?purge=true", headers=chief.headers)
        assert erased.status_code == 204, erased.text
        await _all_dead(clients[0], list(await asyncio.gather(*tasks)))
    left = "SELECT user_id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)"
    assert not await rows(own_database_url, left)
    # What the log says of a person went with them, and nothing came after.
    assert not await rows(own_database_url, _TRACES)


async def test_a_sign_in_begun_before_an_erasure_brings_nothing_of_the_person_back(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    chief = await make_administrator(pair[0], clients[0])
    user = await make_user(pair[0], "ada@example.com")
    path = f"/v1/sign-in/{await _attempt(clients[0])}/answers"
    erased = await clients[1].delete(f"/v1/users/{encode(USER, user.id)}?purge=true", headers=chief.headers)
    assert erased.status_code == 204
    answer = await clients[0].post(path, json={"answers": {"password": PASSWORD}})
    assert answer.status_code == 401
    assert not await rows(own_database_url, _TRACES)
