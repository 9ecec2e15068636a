"""Every way in against every state of an account: what holds on one path holds on its siblings.

A path brings somebody as far as it can and says what came of it: `in`, `pending` with the stage's prompts, or the code of
the refusal. Whoever adds a path or a state fills in its row or column, or the first test here fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import pytest
from tests.make.authenticators import code_now, give_app, give_codes

from doorward.domain.methods.totp.stored import Authenticator
from doorward.domain.risk.failures import Subject, take_guess, was_wrong
from doorward.domain.risk.settings import LockoutSettings
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.users.delete import delete_user
from doorward.domain.users.suspend import suspend_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.ids import USER, decode
from tests.make.people import PASSWORD, Person, make_person
from tests.make.tools import changed
from tests.surfaces.rest.conftest import client as client  # noqa: PLC0414 - the fixture, for its use here

pytestmark = pytest.mark.integration


@dataclass
class Way:
    """Somebody on a path: what they have from before their account got into its state."""

    tools: Tools
    client: httpx2.AsyncClient
    person: Person
    attempt: str
    step_up: str
    cookie: str
    app: Authenticator | None = None
    code: str = ""


def outcome(answer: httpx2.Response) -> str:
    """What came of a request."""
    document = answer.json()
    if answer.status_code != 200:
        return str(document["code"])
    return "pending" if document.get("status") == "pending" else "in"


async def _password(way: Way) -> str:
    return outcome(await way.client.post("/v1/sign-in", json={"identifier": "ada@example.com", "password": PASSWORD}))


async def _answer(way: Way) -> str:
    answers = {"answers": {"password": PASSWORD}}
    return outcome(await way.client.post(f"/v1/sign-in/{way.attempt}/answers", json=answers))


async def _refresh(way: Way) -> str:
    return outcome(await way.client.post("/v1/tokens/refresh", json={"refresh_token": way.person.refresh_token}))


async def _access_token(way: Way) -> str:
    return outcome(await way.client.get("/v1/me", headers=way.person.headers))


async def _cookie(way: Way) -> str:
    return outcome(await way.client.get("/v1/me", headers={"cookie": way.cookie}))


async def _step_up(way: Way) -> str:
    answers = {"answers": {"password": PASSWORD}}
    return outcome(
        await way.client.post(f"/v1/me/step-up/{way.step_up}/answers", json=answers, headers=way.person.headers)
    )


async def _app(way: Way) -> str:
    assert way.app is not None
    answers = {"answers": {"totp": code_now(way.tools, way.app)}}
    return outcome(await way.client.post(f"/v1/sign-in/{way.attempt}/answers", json=answers))


async def _recovery_code(way: Way) -> str:
    answers = {"answers": {"recovery_code": way.code}}
    return outcome(await way.client.post(f"/v1/sign-in/{way.attempt}/answers", json=answers))


PATHS: dict[str, Callable[[Way], Awaitable[str]]] = {
    "password": _password,
    "password answer": _answer,
    "refresh": _refresh,
    "access token": _access_token,
    "cookie": _cookie,
    "step-up": _step_up,
    "authenticator app": _app,
    "recovery code": _recovery_code,
}


async def _active(tools: Tools, person: Person) -> None:
    """As everybody is."""


async def _suspended(tools: Tools, person: Person) -> None:
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, decode(USER, person.user["id"]))


async def _suspension_over(tools: Tools, person: Person) -> None:
    async with tools.writing(operator()) as tx:
        await suspend_user(
            tx, decode(USER, person.user["id"]), until=datetime.fromtimestamp(tools.clock.now().timestamp() + 60, UTC)
        )
    tools.clock.advance(seconds=61)  # type: ignore[attr-defined]


async def _deleted(tools: Tools, person: Person) -> None:
    async with tools.writing(operator()) as tx:
        await delete_user(tx, decode(USER, person.user["id"]))


async def _locked(tools: Tools, person: Person) -> None:
    # Without pauses, so that no time passes in which tokens and codes would run out.
    changed(tools, LockoutSettings, delay_from=100)
    for _ in range(10):
        async with tools.writing(anonymous()) as tx:
            await was_wrong(tx, await take_guess(tx, Subject(decode(USER, person.user["id"]), address="198.51.100.9")))


async def _factor_required(tools: Tools, person: Person) -> None:
    changed(tools, SignInSettings, second_factor="required")


STATES: dict[str, Callable[[Tools, Person], Awaitable[None]]] = {
    "active": _active,
    "suspended": _suspended,
    "suspension over": _suspension_over,
    "deleted": _deleted,
    "locked": _locked,
    "factor required": _factor_required,
}

# By path, in the order of the states.
EXPECTED: dict[str, tuple[str, ...]] = {
    "password": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "pending"),
    "password answer": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "pending"),
    # A session that was begun goes on while others guess, and ends with the account's use; what ended does not come back.
    "refresh": ("in", "refresh-token-invalid", "refresh-token-invalid", "refresh-token-invalid", "in", "in"),
    "access token": ("in", "unauthenticated", "unauthenticated", "unauthenticated", "in", "in"),
    "cookie": ("in", "unauthenticated", "unauthenticated", "unauthenticated", "in", "in"),
    # It asks for what one has, and makes nobody set up another factor in its middle.
    "step-up": ("in", "unauthenticated", "unauthenticated", "unauthenticated", "too-many-attempts", "in"),
    "authenticator app": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "in"),
    "recovery code": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "in"),
}


def test_says_what_is_expected_of_every_path_in_every_state() -> None:
    assert EXPECTED.keys() == PATHS.keys()
    assert {len(row) for row in EXPECTED.values()} == {len(STATES)}


async def on_the_way(tools: Tools, client: httpx2.AsyncClient, path: str) -> Way:
    """Somebody who has a session of each kind, and has begun to sign in and to step up; on the second step where the path is that."""
    ada = await make_person(tools, client)
    password = {"identifier": "ada@example.com", "password": PASSWORD}
    step_up = await client.post("/v1/me/step-up", headers=ada.headers)
    browser = await client.post("/v1/sign-in", json=password | {"transport": "cookie"})
    cookie = browser.headers["set-cookie"].partition(";")[0]
    begun = await client.post("/v1/sign-in", json={"identifier": "ada@example.com"})
    way = Way(tools, client, ada, begun.json()["attempt"], step_up.json()["attempt"], cookie)
    if path in {"authenticator app", "recovery code"}:
        user_id = decode(USER, ada.user["id"])
        way.app = await give_app(tools, user_id)
        way.code = (await give_codes(tools, user_id))[0]
        second = await client.post("/v1/sign-in", json=password)
        assert outcome(second) == "pending"
        way.attempt = second.json()["attempt"]
    return way


@pytest.mark.parametrize(("path", "state"), list(itertools.product(PATHS, STATES)))
async def test_every_path_asks_the_gate(tools: Tools, client: httpx2.AsyncClient, path: str, state: str) -> None:
    way = await on_the_way(tools, client, path)
    await STATES[state](tools, way.person)
    assert await PATHS[path](way) == EXPECTED[path][list(STATES).index(state)]


@pytest.mark.parametrize("state", STATES)
async def test_a_wrong_password_is_answered_alike_in_every_state(
    tools: Tools, client: httpx2.AsyncClient, state: str
) -> None:
    # Whoever does not know the password learns nothing of the account; that it is locked is said of unknown ones too.
    ada = await make_person(tools, client)
    await STATES[state](tools, ada)
    wrong = {"identifier": "ada@example.com", "password": "not the password"}
    expected = "too-many-attempts" if state == "locked" else "sign-in-failed"
    assert outcome(await client.post("/v1/sign-in", json=wrong)) == expected
