"""Passkeys as a browser uses them: signing in without a name, as a second factor, new accounts, and one's own list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx2
import pytest

from doorward.domain.credentials.keep import credentials_of
from doorward.domain.methods.passkey.settings import PasskeySettings
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.users.list import UserFilter, list_users
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import USER, decode
from tests.make.actors import logged
from tests.make.authenticator import Authenticator
from tests.make.people import PASSWORD, Person, make_administrator, make_person, sign_in
from tests.make.tools import MovableClock, changed

pytestmark = pytest.mark.integration


async def enroll(
    client: httpx2.AsyncClient, person: Person, authenticator: Authenticator, **body: Any
) -> dict[str, Any]:
    asked = await client.post("/v1/me/passkeys/options", headers=person.headers)
    assert asked.status_code == 200, asked.text
    credential = authenticator.create(asked.json()["options"])
    added = await client.post("/v1/me/passkeys", headers=person.headers, json={"credential": credential, **body})
    assert added.status_code == 201, added.text
    answer: dict[str, Any] = added.json()
    return answer


async def begin(client: httpx2.AsyncClient, **body: Any) -> tuple[str, dict[str, Any]]:
    """A sign-in under way, and the options of its passkey prompt."""
    answer = await client.post("/v1/sign-in", json=body)
    assert answer.json()["status"] == "pending", answer.text
    return answer.json()["attempt"], options_in(answer.json())


def options_in(pending: dict[str, Any]) -> dict[str, Any]:
    (prompt,) = [each for each in pending["prompts"] if each["name"] == "passkey"]
    assert prompt["kind"] == "browser-credential"
    options: dict[str, Any] = prompt["data"]
    return options


async def answer(client: httpx2.AsyncClient, attempt: str, credential: Any, **body: Any) -> httpx2.Response:
    return await client.post(f"/v1/sign-in/{attempt}/answers", json={"answers": {"passkey": credential}, **body})


def without_challenge(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "challenge"}


async def test_signs_in_without_saying_who(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    authenticator = Authenticator()
    made = await enroll(client, ada, authenticator)
    assert (made["method"], made["label"]) == ("passkey", "Bitwarden")
    assert made["details"]["synced"] is True
    attempt, options = await begin(client)
    assert options["allowCredentials"] == []
    assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
    done = await answer(client, attempt, authenticator.get(options))
    assert done.status_code == 200, done.text
    assert done.json()["status"] == "complete"
    assert done.json()["user"]["id"] == ada.user["id"]
    assert done.json()["session"]["methods"] == ["swk", "user", "mfa"]
    mine = await client.get("/v1/me", headers={"authorization": f"Bearer {done.json()['access_token']}"})
    assert mine.json()["email"] == "ada@example.com"
    listed = (await client.get("/v1/me/credentials", headers=ada.headers)).json()["items"]
    assert [each["method"] for each in listed] == ["password", "passkey"]
    assert listed[1]["last_used_at"] is not None
    assert "key" not in listed[1]["details"]


async def test_asks_the_same_whoever_is_named(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    await enroll(client, ada, Authenticator())
    await make_person(tools, client, "bob@example.com")
    names = ["ada@example.com", "bob@example.com", "nobody@example.com"]
    asked = [(await client.post("/v1/sign-in", json={"identifier": name})).json() for name in names]
    assert len({len(each["attempt"]) for each in asked}) == 1
    options = [options_in(each) for each in asked]
    assert without_challenge(options[0]) == without_challenge(options[1]) == without_challenge(options[2])
    assert len({each["challenge"] for each in options}) == 3


@pytest.mark.parametrize("named", ["bob@example.com", "nobody@example.com"])
async def test_ones_own_passkey_does_not_tell_who_has_an_account(
    tools: Tools, client: httpx2.AsyncClient, named: str
) -> None:
    ada = await make_person(tools, client)
    authenticator = Authenticator()
    await enroll(client, ada, authenticator)
    await make_person(tools, client, "bob@example.com")
    attempt, options = await begin(client, identifier=named)
    refused = await answer(client, attempt, authenticator.get(options))
    assert (refused.status_code, refused.json()["code"]) == (401, "sign-in-failed")


async def test_takes_an_answer_once(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    authenticator = Authenticator()
    await enroll(client, ada, authenticator)
    attempt, options = await begin(client)
    credential = authenticator.get(options)
    assert (await answer(client, attempt, credential)).status_code == 200
    assert (await answer(client, attempt, credential)).status_code == 410
    other, _ = await begin(client)
    assert (await answer(client, other, credential)).status_code == 401


async def test_refuses_another_users_handle_and_unknown_passkeys(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    bob = await make_person(tools, client, "bob@example.com")
    one, other = Authenticator(), Authenticator()
    await enroll(client, ada, one)
    await enroll(client, bob, other)
    for spoiled in (
        {"handle": other.held[0].handle},
        {"handle": None},
        {"handle": b"x"},
        {"said_id": other.held[0].id},
    ):
        attempt, options = await begin(client)
        assert (await answer(client, attempt, one.get(options, **spoiled))).status_code == 401
    attempt, options = await begin(client)
    stranger = Authenticator()
    stranger.create({"user": {"id": "aGk"}, "rp": {"id": "localhost"}, "challenge": "aGk"})
    assert (await answer(client, attempt, stranger.get(options))).status_code == 401
    for wrong in ("text", {}, {"id": []}, {"response": {}}):
        attempt, _ = await begin(client)
        assert (await answer(client, attempt, wrong)).status_code == 401


async def test_says_in_the_log_when_a_counter_goes_back(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    authenticator = Authenticator(synced=False)
    await enroll(client, ada, authenticator)
    attempt, options = await begin(client)
    done = await answer(client, attempt, authenticator.get(options))
    assert done.json()["session"]["methods"] == ["hwk", "user", "mfa"]
    user_id = decode(USER, ada.user["id"])
    for counter in (2, 1, 0):
        attempt, options = await begin(client)
        assert (await answer(client, attempt, authenticator.get(options, counter=counter))).status_code == 401
    assert len(await logged(tools, user_id=user_id, type_="passkey.suspected")) == 3
    # A forged answer with an old counter says nothing about the passkey.
    attempt, options = await begin(client)
    forged = authenticator.get(options, counter=1, signature=lambda given: given[:-1] + bytes([given[-1] ^ 1]))
    assert (await answer(client, attempt, forged)).status_code == 401
    assert len(await logged(tools, user_id=user_id, type_="passkey.suspected")) == 3
    attempt, options = await begin(client)
    assert (await answer(client, attempt, authenticator.get(options, counter=9))).status_code == 200


async def test_lets_the_owner_in_and_unlocks_while_others_guess(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    authenticator = Authenticator()
    await enroll(client, ada, authenticator)
    clock = tools.clock
    assert isinstance(clock, MovableClock)
    guess = {"identifier": "ada@example.com", "password": "a guess"}
    for _ in range(10):
        assert (await client.post("/v1/sign-in", json=guess)).status_code == 401
        clock.advance(seconds=300)
    right = {"identifier": "ada@example.com", "password": PASSWORD}
    assert (await client.post("/v1/sign-in", json=right)).status_code == 429
    attempt, options = await begin(client, identifier="ada@example.com")
    user_id = decode(USER, ada.user["id"])
    assert await logged(tools, user_id=user_id, type_="account.unlocked") == []
    assert (await answer(client, attempt, authenticator.get(options))).status_code == 200
    (event,) = await logged(tools, user_id=user_id, type_="account.unlocked")
    assert event.data == {"by": "passkey"}
    assert (await client.post("/v1/sign-in", json=right)).status_code == 200


async def test_unlocks_also_on_a_device_that_is_known_and_says_nothing_where_nothing_was_locked(
    tools: Tools, client: httpx2.AsyncClient
) -> None:
    ada = await make_person(tools, client)
    authenticator = Authenticator()
    await enroll(client, ada, authenticator)
    known = {"device_token": ""}
    right = {"identifier": "ada@example.com", "password": PASSWORD}
    device = (await client.post("/v1/sign-in", json=right | known)).json()["device_token"]
    user_id = decode(USER, ada.user["id"])
    guess = {"identifier": "ada@example.com", "password": "a guess"}
    for number in range(1, 11):
        assert (await client.post("/v1/sign-in", json=guess)).status_code == 401
        tools.clock.advance(seconds=300)  # type: ignore[attr-defined]
        if number == 3:
            # Held off and not locked: there is nothing to tell of.
            attempt, options = await begin(client)
            assert (
                await answer(client, attempt, authenticator.get(options, authenticator.held[-1]))
            ).status_code == 200
            assert await logged(tools, user_id=user_id, type_="account.unlocked") == []
            assert (await client.post("/v1/sign-in", json=guess)).status_code == 401
            tools.clock.advance(seconds=300)  # type: ignore[attr-defined]
    while (await client.post("/v1/sign-in", json=guess)).status_code == 401:
        tools.clock.advance(seconds=300)  # type: ignore[attr-defined]
    attempt, options = await begin(client, identifier="ada@example.com")
    used = authenticator.get(options, authenticator.held[-1])
    assert (await answer(client, attempt, used, device_token=device)).status_code == 200
    (event,) = await logged(tools, user_id=user_id, type_="account.unlocked")
    assert event.data == {"by": "passkey"}
    assert (await client.post("/v1/sign-in", json=right)).status_code == 200


@pytest.mark.parametrize("state", ["suspend", "delete"])
async def test_passes_the_gate(tools: Tools, client: httpx2.AsyncClient, state: str) -> None:
    root = await make_administrator(tools, client)
    ada = await make_person(tools, client)
    authenticator = Authenticator()
    await enroll(client, ada, authenticator)
    attempt, options = await begin(client)
    path = f"/v1/users/{ada.user['id']}"
    if state == "suspend":
        assert (await client.post(f"{path}/suspend", headers=root.headers, json={})).status_code == 200
    else:
        assert (await client.delete(path, headers=root.headers)).status_code in {200, 204}
    refused = await answer(client, attempt, authenticator.get(options))
    assert refused.status_code == 403
    assert refused.json()["code"] in {"user-suspended", "user-deleted"}


async def test_serves_as_a_second_factor_and_is_asked_for_by_name(tools: Tools, client: httpx2.AsyncClient) -> None:
    changed(tools, PasskeySettings, user_verification="preferred")
    ada = await make_person(tools, client)
    authenticator, strangers = Authenticator(verifies=False), Authenticator()
    await enroll(client, ada, authenticator)
    bob = await make_person(tools, client, "bob@example.com")
    await enroll(client, bob, strangers)
    changed(tools, SignInSettings, second_factor="required")
    body = {"identifier": "ada@example.com", "password": PASSWORD}
    pending = (await client.post("/v1/sign-in", json=body)).json()
    options = options_in(pending)
    assert len(options["allowCredentials"]) == 1
    other = await answer(client, pending["attempt"], strangers.get(options, strangers.held[0]))
    assert other.status_code == 401
    done = await answer(client, pending["attempt"], authenticator.get(options, handle=None))
    assert done.status_code == 200, done.text
    assert done.json()["session"]["methods"] == ["pwd", "swk", "user", "mfa"]


async def test_a_passkey_that_verified_nobody_is_one_factor(tools: Tools, client: httpx2.AsyncClient) -> None:
    changed(tools, PasskeySettings, user_verification="discouraged")
    ada = await make_person(tools, client)
    authenticator = Authenticator(verifies=False)
    await enroll(client, ada, authenticator)
    changed(tools, SignInSettings, second_factor="required")
    attempt, options = await begin(client)
    pending = await answer(client, attempt, authenticator.get(options))
    assert pending.json()["status"] == "pending"
    assert [each["name"] for each in pending.json()["prompts"]] == ["password"]
    done = await client.post(f"/v1/sign-in/{attempt}/answers", json={"answers": {"password": PASSWORD}})
    assert done.json()["session"]["methods"] == ["swk", "user", "pwd", "mfa"]


async def test_is_set_up_while_signing_in_where_a_second_factor_is_required(
    tools: Tools, client: httpx2.AsyncClient
) -> None:
    await make_person(tools, client)
    changed(tools, SignInSettings, second_factor="required")
    pending = (await client.post("/v1/sign-in", json={"identifier": "ada@example.com", "password": PASSWORD})).json()
    options = options_in(pending)
    assert options["user"]["name"] == "ada@example.com"
    authenticator = Authenticator()
    damaged = await answer(client, pending["attempt"], authenticator.create(options, origin="https://evil.example"))
    assert (damaged.status_code, damaged.json()["code"]) == (422, "passkey-not-accepted")
    done = await answer(client, pending["attempt"], authenticator.create(options))
    assert done.status_code == 200, done.text
    assert done.json()["session"]["methods"] == ["pwd", "swk", "user", "mfa"]
    attempt, options = await begin(client)
    assert (await answer(client, attempt, authenticator.get(options, authenticator.held[-1]))).status_code == 200


async def test_signs_up_without_a_password(tools: Tools, client: httpx2.AsyncClient) -> None:
    body = {"email": "new@example.com", "username": "newcomer", "name": "New Comer"}
    asked = await client.post("/v1/sign-up", json=body)
    assert asked.status_code == 202, asked.text
    options = options_in(asked.json())
    assert (options["user"]["name"], options["user"]["displayName"]) == ("new@example.com", "New Comer")
    assert await count(tools) == 0
    authenticator = Authenticator()
    wrong = await answer(client, asked.json()["attempt"], authenticator.create(options, origin="https://evil.example"))
    assert wrong.status_code == 422
    assert await count(tools) == 0
    done = await answer(client, asked.json()["attempt"], authenticator.create(options), transport="cookie")
    assert done.status_code == 200, done.text
    assert done.json()["user"]["username"] == "newcomer"
    assert "__Host-doorward_session=" in done.headers["set-cookie"]
    user_id = decode(USER, done.json()["user"]["id"])
    kinds = [event.type for event in await logged(tools, user_id=user_id)]
    assert kinds[:2] == ["user.created", "factor.added"]
    async with tools.reading(operator()) as tx:
        assert [row.method for row in await credentials_of(tx, user_id)] == ["passkey"]
    attempt, options = await begin(client)
    assert (await answer(client, attempt, authenticator.get(options, authenticator.held[-1]))).status_code == 200


async def count(tools: Tools) -> int | None:
    async with tools.reading(operator()) as tx:
        return (await list_users(tx, UserFilter(), count="exact")).count


async def test_tells_at_once_that_a_name_is_taken_and_decides_at_the_end(
    tools: Tools, client: httpx2.AsyncClient
) -> None:
    await make_person(tools, client, username="ada")
    taken = await client.post("/v1/sign-up", json={"email": "ADA@example.com"})
    assert (taken.status_code, taken.json()["code"]) == (409, "email-taken")
    taken = await client.post("/v1/sign-up", json={"email": "other@example.com", "username": "Ada"})
    assert (taken.status_code, taken.json()["code"]) == (409, "username-taken")
    asked = (await client.post("/v1/sign-up", json={"email": "bob@example.com", "username": "bob"})).json()
    await make_person(tools, client, "bob@example.com")
    late = await answer(client, asked["attempt"], Authenticator().create(options_in(asked)))
    assert (late.status_code, late.json()["code"]) == (409, "email-taken")
    async with tools.reading(operator()) as tx:
        assert (await list_users(tx, UserFilter(username="bob"))).items == []


async def test_hides_a_known_address_when_signing_up(tools: Tools, client: httpx2.AsyncClient) -> None:
    changed(tools, SignUpSettings, hide_existing=True)
    await make_person(tools, client)
    before = await count(tools)
    answers = [
        await client.post("/v1/sign-up", json={"email": email}) for email in ("ada@example.com", "new@example.com")
    ]
    assert [each.status_code for each in answers] == [202, 202]
    options = [options_in(each.json()) for each in answers]
    assert options[0].keys() == options[1].keys()
    refused = await answer(client, answers[0].json()["attempt"], Authenticator().create(options[0]))
    assert (refused.status_code, refused.json()["code"]) == (401, "sign-in-failed")
    assert await count(tools) == before


async def test_enrolls_by_options_of_this_session_once_and_in_time(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    again, bob = await sign_in(client), await make_person(tools, client, "bob@example.com")
    clock = tools.clock
    assert isinstance(clock, MovableClock)
    asked = (await client.post("/v1/me/passkeys/options", headers=ada.headers)).json()["options"]
    authenticator = Authenticator()
    credential = authenticator.create(asked)
    for person in (again, bob):
        refused = await client.post("/v1/me/passkeys", headers=person.headers, json={"credential": credential})
        assert (refused.status_code, refused.json()["reason"]) == (422, "challenge")
    made_up = authenticator.create(asked | {"challenge": "AAAA"})
    refused = await client.post("/v1/me/passkeys", headers=ada.headers, json={"credential": made_up})
    assert (refused.status_code, refused.json()["reason"]) == (422, "challenge")
    clock.advance(seconds=601)
    late = await client.post("/v1/me/passkeys", headers=ada.headers, json={"credential": credential})
    assert late.status_code == 422
    clock.advance(seconds=-601)
    assert (
        await client.post("/v1/me/passkeys", headers=ada.headers, json={"credential": credential})
    ).status_code == 201
    twice = await client.post("/v1/me/passkeys", headers=ada.headers, json={"credential": credential})
    assert (twice.status_code, twice.json()["reason"]) == (422, "challenge")


async def test_a_passkey_belongs_to_one_account(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada, bob = await make_person(tools, client), await make_person(tools, client, "bob@example.com")
    authenticator = Authenticator()
    await enroll(client, ada, authenticator)
    for person in (ada, bob):
        asked = (await client.post("/v1/me/passkeys/options", headers=person.headers)).json()["options"]
        credential = authenticator.create(asked, id=authenticator.held[0].id)
        taken = await client.post("/v1/me/passkeys", headers=person.headers, json={"credential": credential})
        assert (taken.status_code, taken.json()["code"]) == (409, "passkey-taken")


async def test_all_passkeys_of_a_user_know_them_by_one_random_handle(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada, bob = await make_person(tools, client), await make_person(tools, client, "bob@example.com")
    one, two, others = Authenticator(), Authenticator(), Authenticator()
    await enroll(client, ada, one)
    await enroll(client, ada, two)
    await enroll(client, bob, others)
    assert one.held[0].handle == two.held[0].handle != others.held[0].handle
    assert len(one.held[0].handle) == 64
    asked = (await client.post("/v1/me/passkeys/options", headers=ada.headers)).json()["options"]
    assert len(asked["excludeCredentials"]) == 2


async def test_an_account_has_so_many_passkeys_and_no_more(tools: Tools, client: httpx2.AsyncClient) -> None:
    changed(tools, PasskeySettings, most_per_user=1)
    ada = await make_person(tools, client)
    asked = (await client.post("/v1/me/passkeys/options", headers=ada.headers)).json()["options"]
    await enroll(client, ada, Authenticator())
    refused = await client.post("/v1/me/passkeys/options", headers=ada.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-passkeys")
    late = await client.post("/v1/me/passkeys", headers=ada.headers, json={"credential": Authenticator().create(asked)})
    assert (late.status_code, late.json()["code"]) == (409, "too-many-passkeys")


async def test_takes_the_models_that_are_allowed(tools: Tools, client: httpx2.AsyncClient) -> None:
    allowed = UUID("d548826e-79b4-db40-a3d8-11116f7e8349")
    changed(tools, PasskeySettings, allow_aaguids=[allowed])
    ada = await make_person(tools, client)
    asked = (await client.post("/v1/me/passkeys/options", headers=ada.headers)).json()["options"]
    assert asked["attestation"] == "direct"
    other = Authenticator(aaguid=bytes(16)).create(asked)
    refused = await client.post("/v1/me/passkeys", headers=ada.headers, json={"credential": other})
    assert (refused.status_code, refused.json()["reason"]) == (422, "aaguid")
    await enroll(client, ada, Authenticator())


async def test_asks_for_a_fresh_proof_before_passkeys_change(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    made = await enroll(client, ada, Authenticator())
    clock = tools.clock
    assert isinstance(clock, MovableClock)
    clock.advance(seconds=tools.section(SessionsSettings).step_up_seconds + 1)
    person = Person(ada.user, ada.session, await refreshed(client, ada), ada.refresh_token)
    calls = [("POST", "/v1/me/passkeys/options"), ("DELETE", f"/v1/me/credentials/{made['id']}")]
    for method, path in calls:
        refused = await client.request(method, path, headers=person.headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "step-up-required")


async def refreshed(client: httpx2.AsyncClient, person: Person) -> str:
    answered = await client.post("/v1/tokens/refresh", json={"refresh_token": person.refresh_token})
    return str(answered.json()["access_token"])


async def test_a_mailbox_alone_enrolls_no_key(tools: Tools, client: httpx2.AsyncClient) -> None:
    from doorward.domain.methods.passkey.enroll import begin_adding
    from doorward.domain.sessions.problems import StepUpRequired
    from doorward.domain.sessions.start import start_session
    from tests.make.actors import as_user
    from tests.make.people import make_user

    for email, password in (("ada@example.com", PASSWORD), ("bob@example.com", None)):
        user = await make_user(tools, email, password=password)
        async with tools.writing(operator()) as tx:
            started = await start_session(tx, user_id=user.id, kind="cookie", methods=["email"])
        actor = as_user(user, session_id=started.session.id)
        if password is None:
            # Nothing better is there to be shown.
            async with tools.writing(actor) as tx:
                assert await begin_adding(tx)
            continue
        with pytest.raises(StepUpRequired):
            async with tools.writing(actor) as tx:
                await begin_adding(tx)


async def test_renames_and_removes_ones_own_and_tells_the_browser(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada, bob = await make_person(tools, client), await make_person(tools, client, "bob@example.com")
    one, two = Authenticator(), Authenticator()
    first = await enroll(client, ada, one, label="Laptop")
    second = await enroll(client, ada, two)
    path = f"/v1/me/credentials/{first['id']}"
    for method, body in (("PATCH", {"label": "Mine"}), ("DELETE", None)):
        refused = await client.request(method, path, headers=bob.headers, **({"json": body} if body else {}))
        assert (refused.status_code, refused.json()["code"]) == (404, "credential-not-found")
    renamed = await client.patch(path, headers=ada.headers, json={"label": "Old laptop"})
    assert renamed.json()["label"] == "Old laptop"
    assert (await client.patch(path, headers=ada.headers, json={"label": "x" * 65})).status_code == 422
    attempt, options = await begin(client)
    removed = await client.delete(path, headers=ada.headers)
    assert removed.status_code == 200
    from doorward.infra.crypto import base64url

    assert removed.json()["signal"] == {
        "rpId": "localhost",
        "userId": base64url.encode(one.held[0].handle),
        "allAcceptedCredentialIds": [base64url.encode(two.held[0].id)],
    }
    assert (await answer(client, attempt, one.get(options))).status_code == 401
    listed = (await client.get("/v1/me/credentials", headers=ada.headers)).json()["items"]
    assert [each["id"] for each in listed][1:] == [second["id"]]
    user_id = decode(USER, ada.user["id"])
    kinds = [event.type for event in await logged(tools, user_id=user_id) if event.type.startswith("factor.")]
    assert kinds == ["factor.added", "factor.added", "factor.renamed", "factor.removed"]
    password = listed[0]["id"]
    kept = await client.delete(f"/v1/me/credentials/{password}", headers=ada.headers)
    assert (kept.status_code, kept.json()["code"]) == (409, "credential-not-removable")


async def test_keeps_the_last_way_to_sign_in(tools: Tools, client: httpx2.AsyncClient) -> None:
    asked = (await client.post("/v1/sign-up", json={"email": "new@example.com"})).json()
    authenticator = Authenticator()
    done = (await answer(client, asked["attempt"], authenticator.create(options_in(asked)))).json()
    person = Person(done["user"], done["session"], done["access_token"], done["refresh_token"])
    (only,) = (await client.get("/v1/me/credentials", headers=person.headers)).json()["items"]
    kept = await client.delete(f"/v1/me/credentials/{only['id']}", headers=person.headers)
    assert (kept.status_code, kept.json()["code"]) == (409, "last-credential")
    await enroll(client, person, Authenticator())
    assert (await client.delete(f"/v1/me/credentials/{only['id']}", headers=person.headers)).status_code == 200


async def test_an_administrator_takes_a_lost_passkey_but_not_the_last_factor(
    tools: Tools, client: httpx2.AsyncClient
) -> None:
    root, ada = await make_administrator(tools, client), await make_person(tools, client)
    lost = await enroll(client, ada, Authenticator())
    kept = await enroll(client, ada, Authenticator())
    path = f"/v1/users/{ada.user['id']}/credentials"
    listed = (await client.get(path, headers=root.headers)).json()["items"]
    assert [each["method"] for each in listed] == ["password", "passkey", "passkey"]
    assert (await client.get(path, headers=ada.headers)).status_code == 200
    refused = await client.get(f"/v1/users/{root.user['id']}/credentials", headers=ada.headers)
    assert refused.status_code == 403
    assert (await client.delete(f"{path}/{lost['id']}", headers=root.headers)).status_code == 200
    last = await client.delete(f"{path}/{kept['id']}", headers=root.headers)
    assert (last.status_code, last.json()["code"]) == (409, "last-credential")


async def test_steps_up_by_a_passkey(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    authenticator = Authenticator()
    await enroll(client, ada, authenticator)
    begun = (await client.post("/v1/me/step-up", headers=ada.headers)).json()
    credential = authenticator.get(options_in(begun))
    # What proves it here does not sign anybody in.
    assert (await answer(client, begun["attempt"], credential)).status_code == 410
    done = await client.post(
        f"/v1/me/step-up/{begun['attempt']}/answers", headers=ada.headers, json={"answers": {"passkey": credential}}
    )
    assert done.status_code == 200, done.text
    assert done.json()["session"]["methods"] == ["swk", "user", "mfa"]
