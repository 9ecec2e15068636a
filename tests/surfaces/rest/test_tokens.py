"""Every value that opens something opens that one thing, and a refused account is refused on every path."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx2
import pytest

from doorward.domain.users.delete import delete_user, erase_user, restore_user
from doorward.domain.users.suspend import reinstate_user, suspend_user
from doorward.domain.users.update import update_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import USER, decode
from tests.make.people import PASSWORD, Person, make_user, sign_in
from tests.surfaces.rest.calls import House, looks_like_a_problem

pytestmark = pytest.mark.integration

COOKIE = "__Host-doorward_session"


async def cookie_of(client: httpx2.AsyncClient, identifier: str = "ada@example.com") -> str:
    answer = await client.post(
        "/v1/sign-in", json={"identifier": identifier, "password": PASSWORD, "transport": "cookie"}
    )
    assert answer.status_code == 200
    client.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


def _parts(token: str) -> tuple[dict[str, object], dict[str, object], str]:
    header, payload, signature = token.split(".")
    return (
        json.loads(base64.urlsafe_b64decode(header + "==")),
        json.loads(base64.urlsafe_b64decode(payload + "==")),
        signature,
    )


def _encoded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


async def test_accepts_each_value_at_its_own_place_only(house: House) -> None:
    client = house.client
    for number in range(3):
        await make_user(house.tools, f"more{number}@example.com", password=None)
    listed = (await client.get("/v1/users?limit=1", headers=house.root.headers)).json()
    header, payload, signature = _parts(house.ada.access_token)
    values = {
        "access": house.ada.access_token,
        "refresh": house.ada.refresh_token,
        "cookie": await cookie_of(client),
        "cursor": listed["next_cursor"],
        "attempt": house.values["attempt"],
        "id": house.ada.session["id"],
        "alg none": f"{_encoded(header | {'alg': 'none'})}.{_encoded(payload)}.",
        "no signature": f"{_encoded(header)}.{_encoded(payload)}.",
        "another signature": house.ada.access_token[:-4] + "AAAA",
        "another payload": f"{_encoded(header)}.{_encoded(payload | {'sid': house.root.session['id']})}.{signature}",
        "another kind": f"{_encoded(header | {'typ': 'JWT'})}.{_encoded(payload)}.{signature}",
        "HS256": f"{_encoded(header | {'alg': 'HS256'})}.{_encoded(payload)}.{signature}",
        "nothing": "",
    }
    for name, value in values.items():
        me = await client.get("/v1/me", headers={"authorization": f"Bearer {value}"})
        assert me.status_code == (200 if name == "access" else 401), name
        me = await client.get("/v1/me", headers={"cookie": f"{COOKIE}={value}"})
        assert me.status_code == (200 if name == "cookie" else 401), name
        page = await client.get("/v1/users", params={"cursor": value, "limit": "1"}, headers=house.root.headers)
        assert page.status_code == (200 if name == "cursor" else 422), name
        carried = await client.post(f"/v1/sign-in/{value or 'x'}/answers", json={"answers": {"password": PASSWORD}})
        assert carried.status_code == (200 if name == "attempt" else 410), name
        refreshed = await client.post("/v1/tokens/refresh", json={"refresh_token": value})
        assert refreshed.status_code == (200 if name == "refresh" else 401), name
        for answer in (me, page, carried, refreshed):
            assert answer.status_code == 200 or (
                looks_like_a_problem(answer) and (not value or value not in answer.json()["detail"])
            )


async def test_says_how_to_authenticate_and_what_was_wrong(house: House) -> None:
    without = await house.client.get("/v1/me")
    wrong = await house.client.get("/v1/me", headers={"authorization": "Bearer x"})
    assert without.headers["www-authenticate"] == 'Bearer realm="doorward"'
    assert wrong.headers["www-authenticate"] == 'Bearer realm="doorward", error="invalid_token"'


async def test_prefers_the_token_and_refuses_two_headers_of_one_name(house: House) -> None:
    cookie = await cookie_of(house.client, "root@example.com")
    both = await house.client.get("/v1/me", headers=house.ada.headers | {"cookie": f"{COOKIE}={cookie}"})
    assert both.json()["email"] == "ada@example.com"
    bad = await house.client.get("/v1/me", headers={"authorization": "Bearer x", "cookie": f"{COOKIE}={cookie}"})
    assert bad.status_code == 401
    twice = [("authorization", f"Bearer {house.ada.access_token}")] * 2
    assert (await house.client.get("/v1/me", headers=twice)).status_code == 400


async def test_takes_two_cookies_of_the_name_for_none(house: House) -> None:
    cookie = await cookie_of(house.client)
    answer = await house.client.get("/v1/me", headers={"cookie": f"{COOKIE}={cookie}; {COOKIE}={cookie}"})
    assert answer.status_code == 401
    padded = await house.client.get("/v1/me", headers={"cookie": f"a=b;{COOKIE}={cookie}; c=d"})
    assert padded.status_code == 200


Change = Callable[[House], Awaitable[object]]


def _user_id(house: House):
    return decode(USER, house.ada.user["id"])


async def _change(house: House, verb: Callable[..., Awaitable[object]], **options: object) -> None:
    async with house.tools.writing(operator()) as tx:
        await verb(tx, _user_id(house), **options)


async def active(house: House) -> None:
    await _change(house, update_user, fields={"name": "Ada"})


async def suspended(house: House) -> None:
    await _change(house, suspend_user, reason="abuse")


async def suspended_for_a_while(house: House) -> None:
    await _change(house, suspend_user, until=house.tools.clock.now() + timedelta(days=2))


async def suspended_until_now(house: House) -> None:
    await _change(house, suspend_user, until=house.tools.clock.now() + timedelta(seconds=5))
    house.tools.clock.advance(seconds=6)  # type: ignore[attr-defined]


async def reinstated(house: House) -> None:
    await suspended(house)
    await _change(house, reinstate_user)


async def deleted(house: House) -> None:
    await _change(house, delete_user)


async def restored(house: House) -> None:
    await deleted(house)
    await _change(house, restore_user)


async def erased(house: House) -> None:
    await _change(house, erase_user)


async def signed_out(house: House) -> None:
    answer = await house.client.delete(f"/v1/users/{house.ada.user['id']}/sessions", headers=house.root.headers)
    assert answer.status_code == 204


# What each state lets through: sign-in by password, carrying on a sign-in, and what was handed out before.
STATES: list[tuple[Change, int, int, bool]] = [
    (active, 200, 200, True),
    (suspended, 403, 403, False),
    (suspended_for_a_while, 403, 403, False),
    (suspended_until_now, 200, 200, False),
    (reinstated, 200, 200, False),
    (deleted, 403, 403, False),
    (restored, 200, 200, False),
    (erased, 401, 401, False),
    (signed_out, 200, 200, False),
]


@pytest.mark.parametrize(
    ("change", "by_password", "by_answer", "goes_on"), STATES, ids=lambda each: getattr(each, "__name__", None)
)
async def test_lets_an_account_through_as_its_state_says(
    house: House, change: Change, by_password: int, by_answer: int, *, goes_on: bool
) -> None:
    client, person = house.client, house.ada
    cookie = {"cookie": f"{COOKIE}={await cookie_of(client)}"}
    same_site = cookie | {"origin": "http://127.0.0.1:8000"}
    await change(house)
    before = 200 if goes_on else 401
    assert (await client.get("/v1/me", headers=person.headers)).status_code == before
    assert (await client.get("/v1/me", headers=cookie)).status_code == before
    assert (await client.patch("/v1/me", headers=same_site, json={"name": "New"})).status_code == before
    assert (await client.get("/v1/me/sessions", headers=person.headers)).status_code == before
    refreshed = await client.post("/v1/tokens/refresh", json={"refresh_token": person.refresh_token})
    assert refreshed.status_code == before
    wrong = await client.post("/v1/sign-in", json={"identifier": "ada@example.com", "password": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign-in-failed")
    password = {"identifier": "ada@example.com", "password": PASSWORD}
    for transport in ("token", "cookie"):
        answer = await client.post("/v1/sign-in", json=password | {"transport": transport})
        assert answer.status_code == by_password, answer.text
    client.cookies.clear()
    carried = await client.post(
        f"/v1/sign-in/{house.values['attempt']}/answers", json={"answers": {"password": PASSWORD}}
    )
    assert carried.status_code == by_answer, carried.text
    if goes_on or by_password != 200:
        return
    new = await sign_in(client)
    assert (await client.get("/v1/me", headers=new.headers)).status_code == 200


async def test_ends_everything_of_a_session_with_signing_out(house: House) -> None:
    client, person = house.client, house.ada
    other: Person = await sign_in(client)
    assert (await client.post("/v1/sign-out", headers=person.headers)).status_code == 204
    assert (await client.get("/v1/me", headers=person.headers)).status_code == 401
    refused = await client.post("/v1/tokens/refresh", json={"refresh_token": person.refresh_token})
    assert refused.status_code == 401
    assert (await client.post("/v1/sign-out", headers=person.headers)).status_code == 401
    assert (await client.get("/v1/me", headers=other.headers)).status_code == 200


async def test_ends_the_session_for_a_reused_refresh_token_over_http(tools: Tools, client: httpx2.AsyncClient) -> None:
    await make_user(tools)
    person = await sign_in(client)
    first = {"refresh_token": person.refresh_token}
    second = (await client.post("/v1/tokens/refresh", json=first)).json()
    assert second.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    again = (await client.post("/v1/tokens/refresh", json=first)).json()
    assert again["refresh_token"] == second["refresh_token"]
    tools.clock.advance(seconds=31)  # type: ignore[attr-defined]
    reused = await client.post("/v1/tokens/refresh", json=first)
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh-token-reused")
    for token in (person.access_token, second["access_token"]):
        assert (await client.get("/v1/me", headers={"authorization": f"Bearer {token}"})).status_code == 401
