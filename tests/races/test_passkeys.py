"""One answer of an authenticator, many times at once: it serves once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from doorward.infra.tools import Tools
from tests.faults.invariants import rows
from tests.make.authenticator import Authenticator
from tests.make.people import make_person
from tests.races.conftest import Clients
from tests.surfaces.rest.test_passkeys import begin, enroll, options_in

pytestmark = pytest.mark.integration

AT_ONCE = 50


async def _all(clients: Clients, path: str, body: dict[str, Any], **options: Any) -> list[httpx2.Response]:
    """Posts the same many times at once, half of them to either process."""
    asked = (clients[place % 2].post(path, json=body, **options) for place in range(AT_ONCE))
    return list(await asyncio.gather(*asked))


@pytest.mark.parametrize("synced", [True, False])
async def test_fifty_times_the_same_answer_make_one_session(
    own_database_url: str,
    pair: tuple[Tools, Tools],
    clients: Clients,
    synced: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    ada = await make_person(pair[0], clients[0])
    authenticator = Authenticator(synced=synced)
    await enroll(clients[0], ada, authenticator)
    before = len(await rows(own_database_url, "SELECT id FROM sessions"))
    attempt, options = await begin(clients[1])
    body = {"answers": {"passkey": authenticator.get(options)}}
    statuses = [each.status_code for each in await _all(clients, f"/v1/sign-in/{attempt}/answers", body)]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 410}
    assert len(await rows(own_database_url, "SELECT id FROM sessions")) == before + 1


async def test_fifty_times_the_same_new_passkey_make_one(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    ada = await make_person(pair[0], clients[0])
    asked = (await clients[0].post("/v1/me/passkeys/options", headers=ada.headers)).json()["options"]
    body = {"credential": Authenticator().create(asked)}
    statuses = [each.status_code for each in await _all(clients, "/v1/me/passkeys", body, headers=ada.headers)]
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 422}
    assert len(await rows(own_database_url, "SELECT id FROM credentials WHERE method = 'passkey'")) == 1


async def test_of_fifty_sign_ups_with_one_address_one_makes_an_account_and_none_half_of_one(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    del pair
    pending = [(await clients[0].post("/v1/sign-up", json={"email": "new@example.com"})).json() for _ in range(10)]
    answers = await asyncio.gather(
        *(
            clients[place % 2].post(
                f"/v1/sign-in/{each['attempt']}/answers",
                json={"answers": {"passkey": Authenticator().create(options_in(each))}},
            )
            for place, each in enumerate(pending * 5)
        )
    )
    statuses = [each.status_code for each in answers]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 410}
    half = "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM credentials)"
    assert not await rows(own_database_url, half)
    assert len(await rows(own_database_url, "SELECT id FROM users")) == 1


async def test_two_removals_at_once_leave_a_way_in(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients
) -> None:
    del pair
    pending = (await clients[0].post("/v1/sign-up", json={"email": "new@example.com"})).json()
    one, two = Authenticator(), Authenticator()
    done = await clients[0].post(
        f"/v1/sign-in/{pending['attempt']}/answers", json={"answers": {"passkey": one.create(options_in(pending))}}
    )
    headers = {"authorization": f"Bearer {done.json()['access_token']}"}
    asked = (await clients[0].post("/v1/me/passkeys/options", headers=headers)).json()["options"]
    await clients[0].post("/v1/me/passkeys", headers=headers, json={"credential": two.create(asked)})
    listed = (await clients[0].get("/v1/me/credentials", headers=headers)).json()["items"]
    assert len(listed) == 2
    answers = await asyncio.gather(
        *(
            clients[place].delete(f"/v1/me/credentials/{each['id']}", headers=headers)
            for place, each in enumerate(listed)
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 409]
    assert len(await rows(own_database_url, "SELECT id FROM credentials")) == 1
