"""Every way in against every state of an account: what holds on one path holds on its siblings.

A path brings somebody as far as it can and says what came of it: `in`, `pending` with the stage's prompts, or the code of
the refusal. Whoever adds a path or a state fills in its row or column, or the first test here fails.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import bindparam, update

from doorward.domain.methods.email_code.method import CODE
from doorward.domain.methods.email_code.settings import EmailCodeSettings
from doorward.domain.methods.magic_link.method import LINK
from doorward.domain.methods.magic_link.settings import MagicLinkSettings
from doorward.domain.methods.recovery_code.prove import WRITTEN_DOWN
from doorward.domain.one_time.values import code_of, id_in_attempt
from doorward.domain.recovery.ask import RECOVERY
from doorward.domain.risk.failures import Subject, take_guess, was_wrong
from doorward.domain.risk.settings import LockoutSettings
from doorward.domain.sign_in.attempts import take_try
from doorward.domain.sign_in.policy import Standing
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.users import store
from doorward.domain.users.delete import delete_user
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.domain.users.suspend import suspend_user
from doorward.domain.users.tables import user_emails
from doorward.domain.verification.ask import VERIFY
from doorward.features import FEATURES
from doorward.infra.breach.read import BreachedPasswords
from doorward.infra.breach.write import write_breach_file
from doorward.infra.database.statement import Command
from doorward.infra.mailer.console import ConsoleMailer
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.ids import USER, decode
from doorward.surfaces.rest.operations import OPERATIONS
from doorward.surfaces.rest.users import UsersQuery
from tests.make.actors import logged
from tests.make.authenticator import Authenticator as Passkey
from tests.make.authenticator_app import code_now, give_app, give_codes
from tests.make.people import PASSWORD, Person, make_person
from tests.make.tools import changed
from tests.surfaces.rest.conftest import client as client  # noqa: PLC0414 - the fixture, for its use here

pytestmark = pytest.mark.integration


MAILED = {"email_code": CODE, "magic_link": LINK}
_UNVERIFY = store.change("email_verified")
_UNVERIFY_ADDRESS = Command(
    update(user_emails).where(user_emails.c.user_id == bindparam("user_id")).values(verified_at=None)
)


@dataclass
class Way:
    """Somebody on a path: what they have from before their account got into its state.

    attempt: the sign-in that was begun. answer: what the path answers there, made at that moment.
    """

    tools: Tools
    client: httpx2.AsyncClient
    person: Person
    attempt: str
    step_up: str
    cookie: str
    folder: Path
    answer: Callable[[], dict[str, Any]] = dict
    code: str = ""

    @property
    def user_id(self) -> UUID:
        return decode(USER, self.person.user["id"])

    async def begin(self, *, password: bool) -> dict[str, Any]:
        """Begins another sign-in, by the name alone or past the password."""
        body = {"identifier": "ada@example.com"} | ({"password": PASSWORD} if password else {})
        pending: dict[str, Any] = (await self.client.post("/v1/sign-in", json=body)).json()
        assert pending["status"] == "pending"
        self.attempt = pending["attempt"]
        return pending

    async def go_on(self, answers: dict[str, Any]) -> dict[str, Any]:
        """Answers a step that is not the path's own."""
        answer = await self.client.post(f"/v1/sign-in/{self.attempt}/answers", json={"answers": answers})
        assert outcome(answer) == "pending", answer.text
        pending: dict[str, Any] = answer.json()
        return pending

    async def memory_of(self, method: str) -> dict[str, Any]:
        """What the sign-in keeps for a method, such as which code was mailed."""
        async with self.tools.writing(operator()) as tx:
            return (await take_try(tx, self.attempt)).memory[method]


def outcome(answer: httpx2.Response) -> str:
    """What came of a request."""
    if answer.status_code == 204:
        return "done"
    document = answer.json()
    if answer.status_code != 200:
        return str(document["code"])
    return "pending" if document.get("status") == "pending" else "in"


def prompt_of(pending: dict[str, Any], method: str) -> dict[str, Any]:
    (prompt,) = [each for each in pending["prompts"] if each["method"] == method]
    found: dict[str, Any] = prompt
    return found


async def _password(way: Way) -> str:
    return outcome(await way.client.post("/v1/sign-in", json={"identifier": "ada@example.com", "password": PASSWORD}))


async def _answer(way: Way) -> str:
    body = {"answers": way.answer()}
    return outcome(await way.client.post(f"/v1/sign-in/{way.attempt}/answers", json=body))


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


async def _forgotten_password(way: Way) -> str:
    body = {"code": way.code, "new_password": "quite another sentence 7"}
    return outcome(await way.client.post(f"/v1/recovery/{way.attempt}/answers", json=body))


async def _is_there(way: Way) -> None:
    """Nothing to do before."""


async def _to_password(way: Way) -> None:
    way.answer = lambda: {"password": PASSWORD}


async def _to_app(way: Way) -> None:
    app = await give_app(way.tools, way.user_id)
    await way.begin(password=True)
    way.answer = lambda: {"totp": code_now(way.tools, app)}


async def _to_recovery_code(way: Way) -> None:
    await give_app(way.tools, way.user_id)
    codes = await give_codes(way.tools, way.user_id)
    await way.begin(password=True)
    way.answer = lambda: {"recovery_code": codes[0]}


async def _give_passkey(way: Way, passkey: Passkey) -> None:
    asked = (await way.client.post("/v1/me/passkeys/options", headers=way.person.headers)).json()
    credential = {"credential": passkey.create(asked["options"])}
    assert (await way.client.post("/v1/me/passkeys", headers=way.person.headers, json=credential)).status_code == 201


async def _to_passkey(way: Way) -> None:
    passkey = Passkey()
    await _give_passkey(way, passkey)
    pending = (await way.client.post("/v1/sign-in", json={})).json()
    way.attempt = pending["attempt"]
    way.answer = lambda: {"passkey": passkey.get(prompt_of(pending, "passkey")["data"])}


async def _to_passkey_as_second(way: Way) -> None:
    passkey = Passkey()
    await _give_passkey(way, passkey)
    with required(way):
        pending = await way.begin(password=True)
    way.answer = lambda: {"passkey": passkey.get(prompt_of(pending, "passkey")["data"])}


@contextmanager
def required(way: Way) -> Iterator[None]:
    """A second factor is required until a sign-in got to where it is asked for."""
    changed(way.tools, SignInSettings, second_factor="required")
    yield
    changed(way.tools, SignInSettings, second_factor="optional")


def _mailed(method: str, stage: str) -> Callable[[Way], Awaitable[None]]:
    async def to_mailed(way: Way) -> None:
        way.tools.mailer = ConsoleMailer()
        for settings in (EmailCodeSettings, MagicLinkSettings):
            changed(way.tools, settings, mode="both")
        if stage == "first":
            await way.begin(password=False)
            await way.go_on({"method": method})
        else:
            with required(way):
                await way.begin(password=True)
                await way.go_on({"method": method})
        value = (await way.memory_of(method))["value"]
        way.answer = lambda: {method: code_of(way.tools, MAILED[method], UUID(hex=value))}

    return to_mailed


async def _to_password_as_second(way: Way) -> None:
    await _mailed("email_code", "first")(way)
    with required(way):
        await way.go_on(way.answer())
    way.answer = lambda: {"password": PASSWORD}


async def _to_new_app(way: Way) -> None:
    with required(way):
        pending = await way.begin(password=True)
    secret = prompt_of(pending, "totp")["data"]["secret"]
    way.answer = lambda: {"totp": code_now(way.tools, secret)}


async def _to_new_passkey(way: Way) -> None:
    with required(way):
        pending = await way.begin(password=True)
    way.answer = lambda: {"passkey": Passkey().create(prompt_of(pending, "passkey")["data"])}


async def _to_new_recovery_codes(way: Way) -> None:
    app = await give_app(way.tools, way.user_id)
    changed(way.tools, SignInSettings, at_least_two=True)
    await way.begin(password=True)
    await way.go_on({"totp": code_now(way.tools, app)})
    changed(way.tools, SignInSettings, at_least_two=False)
    way.answer = lambda: {WRITTEN_DOWN: "yes"}


async def _to_verification(way: Way) -> None:
    await _unverified(way.tools, way.person, way.folder)
    await way.begin(password=True)
    value = (await way.memory_of("email_verification"))["value"]
    changed(way.tools, SignUpSettings, verify_email="optional")
    way.answer = lambda: {"email_verification": code_of(way.tools, VERIFY, UUID(hex=value))}


async def _to_new_password(way: Way) -> None:
    await _breached(way.tools, way.person, way.folder)
    await way.begin(password=True)
    way.tools.hold(BreachedPasswords).path = None
    way.answer = lambda: {"new_password": "quite another sentence 7"}


async def _to_forgotten_password(way: Way) -> None:
    asked = await way.client.post("/v1/recovery", json={"identifier": "ada@example.com"})
    way.attempt = asked.json()["attempt"]
    value_id = id_in_attempt(way.tools, RECOVERY, way.attempt)
    assert value_id is not None
    way.code = code_of(way.tools, RECOVERY, value_id)


@dataclass(frozen=True)
class Route:
    """A path: how it begins, and how it ends in one of the states. serves: the method and the stage that it is of."""

    reach: Callable[[Way], Awaitable[None]]
    walk: Callable[[Way], Awaitable[str]]
    serves: tuple[str, str] | None = None


PATHS: dict[str, Route] = {
    "password": Route(_is_there, _password, ("password", "first")),
    "password answer": Route(_to_password, _answer, ("password", "first")),
    "password as second": Route(_to_password_as_second, _answer, ("password", "second")),
    "refresh": Route(_is_there, _refresh),
    "access token": Route(_is_there, _access_token),
    "cookie": Route(_is_there, _cookie),
    "step-up": Route(_is_there, _step_up),
    "authenticator app": Route(_to_app, _answer, ("totp", "second")),
    "new app": Route(_to_new_app, _answer, ("totp", "enroll")),
    "recovery code": Route(_to_recovery_code, _answer, ("recovery_code", "second")),
    "new recovery codes": Route(_to_new_recovery_codes, _answer, ("recovery_code", "enroll")),
    "passkey": Route(_to_passkey, _answer, ("passkey", "first")),
    "passkey as second": Route(_to_passkey_as_second, _answer, ("passkey", "second")),
    "new passkey": Route(_to_new_passkey, _answer, ("passkey", "enroll")),
    "email code": Route(_mailed("email_code", "first"), _answer, ("email_code", "first")),
    "email code as second": Route(_mailed("email_code", "second"), _answer, ("email_code", "second")),
    "magic link": Route(_mailed("magic_link", "first"), _answer, ("magic_link", "first")),
    "magic link as second": Route(_mailed("magic_link", "second"), _answer, ("magic_link", "second")),
    "verification": Route(_to_verification, _answer, ("email_verification", "verify-email")),
    "new password": Route(_to_new_password, _answer, ("new_password", "new-password")),
    "forgotten password": Route(_to_forgotten_password, _forgotten_password),
}

# Where there is no account yet, there is no state of one.
WITHOUT_ACCOUNT = {("passkey", "sign-up")}


async def _active(tools: Tools, person: Person, folder: Path) -> None:
    """As everybody is."""


async def _suspended(tools: Tools, person: Person, folder: Path) -> None:
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, decode(USER, person.user["id"]))


async def _suspension_over(tools: Tools, person: Person, folder: Path) -> None:
    async with tools.writing(operator()) as tx:
        await suspend_user(
            tx, decode(USER, person.user["id"]), until=datetime.fromtimestamp(tools.clock.now().timestamp() + 60, UTC)
        )
    tools.clock.advance(seconds=61)  # type: ignore[attr-defined]


async def _deleted(tools: Tools, person: Person, folder: Path) -> None:
    async with tools.writing(operator()) as tx:
        await delete_user(tx, decode(USER, person.user["id"]))


async def _locked(tools: Tools, person: Person, folder: Path) -> None:
    # Without pauses, so that no time passes in which tokens and codes would run out.
    changed(tools, LockoutSettings, delay_from=100)
    for _ in range(10):
        async with tools.writing(anonymous()) as tx:
            await was_wrong(tx, await take_guess(tx, Subject(decode(USER, person.user["id"]), address="198.51.100.9")))


async def _factor_required(tools: Tools, person: Person, folder: Path) -> None:
    changed(tools, SignInSettings, second_factor="required")


async def _unverified(tools: Tools, person: Person, folder: Path) -> None:
    tools.mailer = ConsoleMailer()
    changed(tools, SignUpSettings, verify_email="required")
    async with tools.writing(operator()) as tx:
        await tx.db.first(_UNVERIFY, id=decode(USER, person.user["id"]), email_verified=False)
        await tx.db.run(_UNVERIFY_ADDRESS, user_id=decode(USER, person.user["id"]))


async def _breached(tools: Tools, person: Person, folder: Path) -> None:
    source, made = folder / "list.txt", folder / "breached"
    source.write_text(hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).hexdigest().upper() + ":7\n")
    write_breach_file(source, made)
    tools.hold(BreachedPasswords).path = made


State = Callable[[Tools, Person, Path], Awaitable[None]]
STATES: dict[str, State] = {
    "active": _active,
    "suspended": _suspended,
    "suspension over": _suspension_over,
    "deleted": _deleted,
    "locked": _locked,
    "factor required": _factor_required,
    "unverified": _unverified,
    "breached": _breached,
}

# By path, in the order of the states.
EXPECTED: dict[str, tuple[str, ...]] = {
    "password": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "pending", "pending", "pending"),
    "password answer": (
        "in",
        "user-suspended",
        "in",
        "user-deleted",
        "too-many-attempts",
        "pending",
        "pending",
        "pending",
    ),
    "password as second": (
        "in",
        "user-suspended",
        "in",
        "user-deleted",
        "too-many-attempts",
        "in",
        "pending",
        "pending",
    ),
    # A session that was begun goes on while others guess, and ends with the account's use; what ended does not come back.
    "refresh": (
        "in",
        "refresh-token-invalid",
        "refresh-token-invalid",
        "refresh-token-invalid",
        "in",
        "in",
        "in",
        "in",
    ),
    "access token": ("in", "unauthenticated", "unauthenticated", "unauthenticated", "in", "in", "in", "in"),
    "cookie": ("in", "unauthenticated", "unauthenticated", "unauthenticated", "in", "in", "in", "in"),
    # It asks for what one has, and makes nobody set up another factor, or choose another password, in its middle.
    "step-up": ("in", "unauthenticated", "unauthenticated", "unauthenticated", "too-many-attempts", "in", "in", "in"),
    # Whether a password is known from breaches is seen when it is typed, at the step before these.
    "authenticator app": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "in", "pending", "in"),
    "new app": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "in", "pending", "in"),
    "recovery code": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "in", "pending", "in"),
    "new recovery codes": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "in", "pending", "in"),
    # Nobody guesses a passkey, so a lock does not keep it out; it is two factors by itself. The lock ends with it.
    "passkey": ("in", "user-suspended", "in", "user-deleted", "in", "in", "pending", "in"),
    "passkey as second": ("in", "user-suspended", "in", "user-deleted", "in", "in", "pending", "in"),
    # Nothing can be guessed here either, and who knew the password did so before the lock.
    "new passkey": ("in", "user-suspended", "in", "user-deleted", "in", "in", "pending", "in"),
    # A mailbox is no factor: where one is required, there is more to prove.
    "email code": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "pending", "pending", "in"),
    # But it may stand beside a password where the operator says so.
    "email code as second": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "in", "pending", "in"),
    "magic link": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "pending", "pending", "in"),
    "magic link as second": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "in", "pending", "in"),
    "verification": ("in", "user-suspended", "in", "user-deleted", "too-many-attempts", "pending", "in", "in"),
    "new password": ("in", "user-suspended", "in", "user-deleted", "in", "pending", "pending", "in"),
    # The way out of a lock; it lets nobody in by itself.
    "forgotten password": ("done", "user-suspended", "done", "user-deleted", "done", "done", "done", "done"),
}

# By status of an account, and by what policy looks at, the state in which it counts, or the test that stands for it.
STATE_OF = {
    "active": "active",
    "suspended": "suspended",
    "deleted": "deleted",
    "second_factor": "factor required",
    "email_verified": "unverified",
    "must_change_password": "breached",
    # What somebody set up is what the paths of second steps begin with.
    "turned_on": "test_policy",
    "usable": "test_policy",
    "authenticators": "test_second_factors",
    "trusted_device": "test_devices",
}

# Operations that anybody may ask, each with the path that it is on, or why it lets nobody in.
ANYBODY = {
    "POST /v1/sign-in": "password",
    "POST /v1/sign-in/{attempt}/answers": "password answer",
    "POST /v1/tokens/refresh": "refresh",
    "POST /v1/recovery/{recovery}/answers": "forgotten password",
    "POST /v1/sign-up": "there is no account yet",
    "POST /v1/recovery": "answers a name alone",
    "POST /v1/email-verifications": "answers a name alone",
    "POST /v1/email-verifications/{verification}/answers": "answers nothing",
    "GET /v1/links": "shows what a link is for",
    "POST /v1/links": "follows a link and answers what it was for",
    "GET /v1/challenges": "says nothing of anybody",
    "GET /.well-known/jwks.json": "says nothing of anybody",
    "GET /livez": "says nothing of anybody",
    "GET /readyz": "says nothing of anybody",
    "GET /healthz": "says nothing of anybody",
    "GET /version": "says nothing of anybody",
}


def test_says_what_is_expected_of_every_path_in_every_state() -> None:
    assert EXPECTED.keys() == PATHS.keys()
    assert {len(row) for row in EXPECTED.values()} == {len(STATES)}


def test_every_registered_method_has_a_path_for_each_of_its_stages() -> None:
    served = {route.serves for route in PATHS.values()} - {None}
    methods = [feature.method for feature in FEATURES if feature.method is not None]
    assert served | WITHOUT_ACCOUNT == {(method.name, stage) for method in methods for stage in method.stages}


def test_every_operation_that_anybody_may_ask_is_a_path_or_lets_nobody_in() -> None:
    assert ANYBODY.keys() == {f"{each.method} {each.path}" for each in OPERATIONS if each.public}


def test_every_status_and_all_that_policy_looks_at_has_a_state() -> None:
    (statuses, _none) = get_args(UsersQuery.model_fields["status"].annotation)
    assert STATE_OF.keys() == {*get_args(statuses), *(field.name for field in fields(Standing))}
    assert {state for state in STATE_OF.values() if not state.startswith("test_")} <= STATES.keys()


async def on_the_way(tools: Tools, client: httpx2.AsyncClient, path: str, folder: Path) -> Way:
    """Somebody who has a session of each kind, has begun to sign in and to step up, and came to where the path begins."""
    ada = await make_person(tools, client, email_verified=True)
    password = {"identifier": "ada@example.com", "password": PASSWORD}
    step_up = await client.post("/v1/me/step-up", headers=ada.headers)
    browser = await client.post("/v1/sign-in", json=password | {"transport": "cookie"})
    cookie = browser.headers["set-cookie"].partition(";")[0]
    begun = await client.post("/v1/sign-in", json={"identifier": "ada@example.com"})
    way = Way(tools, client, ada, begun.json()["attempt"], step_up.json()["attempt"], cookie, folder)
    await PATHS[path].reach(way)
    return way


@pytest.mark.parametrize(("path", "state"), list(itertools.product(PATHS, STATES)))
async def test_every_path_asks_the_gate(
    tools: Tools, client: httpx2.AsyncClient, tmp_path: Path, path: str, state: str
) -> None:
    way = await on_the_way(tools, client, path, tmp_path)
    await STATES[state](tools, way.person, tmp_path)
    assert await PATHS[path].walk(way) == EXPECTED[path][list(STATES).index(state)]


GUESSABLE = {feature.method.name for feature in FEATURES if feature.method is not None and feature.method.guessable}
# One that is made at its step, such as a passkey, and the new password of somebody who proved the old one, cannot be guessed.
GUESSED = [path for path, route in PATHS.items() if route.serves is not None and route.serves[0] in GUESSABLE]


@pytest.mark.parametrize("path", [*GUESSED, "step-up"])
async def test_wrong_answers_lock_the_account_on_every_path_alike(
    tools: Tools, client: httpx2.AsyncClient, tmp_path: Path, path: str
) -> None:
    way = await on_the_way(tools, client, path, tmp_path)
    changed(tools, LockoutSettings, lock_at=2, delay_from=100)
    place, headers = f"/v1/sign-in/{way.attempt}/answers", {}
    if path == "step-up":
        place, headers = f"/v1/me/step-up/{way.step_up}/answers", way.person.headers
    wrong = dict.fromkeys(way.answer() or {"password": PASSWORD}, "00000000")
    for _ in range(2):
        assert outcome(await client.post(place, json={"answers": wrong}, headers=headers)) == "sign-in-failed"
    # What was counted there counts here, and the right answer is not even looked at.
    assert await _password(way) == "too-many-attempts"
    assert await PATHS[path].walk(way) == "too-many-attempts"
    (event,) = await logged(tools, user_id=way.user_id, type_="account.locked")
    assert event.user_id == way.user_id


@pytest.mark.parametrize("state", STATES)
async def test_a_wrong_password_is_answered_alike_in_every_state(
    tools: Tools, client: httpx2.AsyncClient, tmp_path: Path, state: str
) -> None:
    # Whoever does not know the password learns nothing of the account; that it is locked is said of unknown ones too.
    ada = await make_person(tools, client)
    await STATES[state](tools, ada, tmp_path)
    wrong = {"identifier": "ada@example.com", "password": "not the password"}
    expected = "too-many-attempts" if state == "locked" else "sign-in-failed"
    assert outcome(await client.post("/v1/sign-in", json=wrong)) == expected
