"""Many want one name, address, role or link at once; two nodes, real commits."""

from __future__ import annotations

import asyncio

import pytest

from doorward.domain.setup.first_administrator import set_up
from doorward.domain.setup.link import new_link
from doorward.domain.setup.problems import SetupLinkInvalid
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from tests.faults.invariants import no_half_user, rows, unique_keys
from tests.make.people import PASSWORD, make_administrator, make_person, make_user
from tests.races.conftest import Clients

pytestmark = pytest.mark.integration


async def test_one_of_fifty_sign_ups_gets_a_username(own_database_url: str, clients: Clients) -> None:
    answers = await asyncio.gather(
        *(
            clients[place % 2].post(
                "/v1/sign-up",
                json={
                    "email": f"ada{place}@example.com",
                    "username": "Ada" if place % 3 else "aDA",
                    "password": PASSWORD,
                },
            )
            for place in range(50)
        )
    )
    codes = [answer.status_code for answer in answers]
    assert codes.count(201) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code != 201} == {"username-taken"}
    assert len(await rows(own_database_url, "SELECT id FROM users")) == 1
    assert len(await rows(own_database_url, "SELECT id FROM user_emails")) == 1
    await no_half_user(own_database_url)


async def test_one_of_many_changes_gets_a_username(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    people = [await make_person(pair[0], clients[0], f"ada{number}@example.com") for number in range(12)]
    answers = await asyncio.gather(
        *(
            clients[place % 2].patch("/v1/me", json={"username": "lovelace"}, headers=person.headers)
            for place, person in enumerate(people)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    await unique_keys(own_database_url)


async def test_one_of_many_versions_is_the_one_that_was_read(pair: tuple[Tools, Tools], clients: Clients) -> None:
    person = await make_person(pair[0], clients[0])
    read = await clients[0].get("/v1/me", headers=person.headers)
    answers = await asyncio.gather(
        *(
            clients[place % 2].patch(
                "/v1/me", json={"name": f"Ada {place}"}, headers={**person.headers, "if-match": read.headers["etag"]}
            )
            for place in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19


async def test_a_role_is_granted_once(own_database_url: str, pair: tuple[Tools, Tools], clients: Clients) -> None:
    chief = await make_administrator(pair[0], clients[0])
    user = await make_person(pair[0], clients[0])
    path = f"/v1/users/{user.user['id']}/roles/support"
    answers = await asyncio.gather(*(clients[place % 2].put(path, headers=chief.headers) for place in range(20)))
    assert {answer.status_code for answer in answers} <= {200, 204}
    granted = await rows(own_database_url, "SELECT data FROM events WHERE type = 'role.granted'")
    assert len([row for row in granted if "support" in str(row[0])]) == 1


async def test_a_setup_link_makes_one_administrator(own_database_url: str, pair: tuple[Tools, Tools]) -> None:
    async with pair[0].writing(operator()) as tx:
        link = await new_link(tx)
    assert link is not None

    async def follow(place: int) -> bool:
        try:
            async with pair[place % 2].writing(anonymous()) as tx:
                await set_up(tx, secret=link, email=f"chief{place}@example.com", password=PASSWORD)
        except SetupLinkInvalid:
            return False
        return True

    assert sum(await asyncio.gather(*(follow(place) for place in range(20)))) == 1
    assert len(await rows(own_database_url, "SELECT id FROM users")) == 1
    assert len(await rows(own_database_url, "SELECT user_id FROM user_roles")) == 1


async def test_an_idempotency_key_has_one_effect_and_one_answer(own_database_url: str, clients: Clients) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    headers = {"idempotency-key": "one and the same"}
    answers = await asyncio.gather(
        *(clients[place % 2].post("/v1/sign-up", json=body, headers=headers) for place in range(50))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert len(await rows(own_database_url, "SELECT id FROM users")) == 1
    assert len(await rows(own_database_url, "SELECT id FROM events WHERE type = 'user.created'")) == 1
    again = await clients[1].post("/v1/sign-up", json={**body, "name": "Ada"}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (422, "idempotency-key-reused")


async def test_an_idempotency_key_with_two_bodies_at_once_does_one_of_them(
    own_database_url: str, clients: Clients
) -> None:
    for number in range(10):
        headers = {"idempotency-key": f"key {number}"}
        answers = await asyncio.gather(
            *(
                clients[place % 2].post(
                    "/v1/sign-up",
                    json={"email": f"person{number}.{place % 2}@example.com", "password": PASSWORD},
                    headers=headers,
                )
                for place in range(8)
            )
        )
        assert sorted({answer.status_code for answer in answers}) == [201, 422]
        assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
        assert len(await rows(own_database_url, "SELECT id FROM users")) == number + 1


async def test_an_idempotency_key_replays_a_refusal(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    await make_user(pair[0], "ada@example.com")
    body = {"email": "ada@example.com", "password": PASSWORD}
    answers = await asyncio.gather(
        *(
            clients[place % 2].post("/v1/sign-up", json=body, headers={"idempotency-key": "refused"})
            for place in range(20)
        )
    )
    assert {answer.status_code for answer in answers} == {409}
    assert len(await rows(own_database_url, "SELECT id FROM users")) == 1
