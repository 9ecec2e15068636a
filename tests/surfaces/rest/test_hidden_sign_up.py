"""Signing up where known addresses are hidden and must be shown: nothing tells a free address from one with an account.

Not the answers, their headers or their cost, and not what can be signed in to before the code of the mail is entered.
"""

from __future__ import annotations

import httpx2
import pytest

from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.infra.tools import Tools
from tests.make.answers import without_names
from tests.make.authenticator import Authenticator
from tests.make.people import PASSWORD, make_person
from tests.make.post import opened_post
from tests.make.tools import changed
from tests.surfaces.rest.test_passkeys import answer, begin, count, options_in

pytestmark = pytest.mark.integration

CHOSEN = "quite another sentence 7"


@pytest.fixture(autouse=True)
def _hidden(tools: Tools) -> None:
    changed(tools, SignUpSettings, hide_existing=True, verify_email="required")


def shape(answer: httpx2.Response) -> tuple[int, list[str], object]:
    """Status and headers of an answer, and its body without what is random in every one."""
    return answer.status_code, sorted(answer.headers), without_names(answer.json())


async def enter(client: httpx2.AsyncClient, attempt: str, code: str) -> httpx2.Response:
    return await client.post(f"/v1/sign-in/{attempt}/answers", json={"answers": {"email_verification": code}})


async def test_a_password_opens_nothing_before_the_address_is_shown(tools: Tools, client: httpx2.AsyncClient) -> None:
    async with opened_post() as office:
        office.serve(tools)
        await make_person(tools, client, email_verified=True)
        before = await count(tools)
        steps: dict[str, list[httpx2.Response]] = {}
        hashes = []
        for email in ("ada@example.com", "new@example.com"):
            hashed = tools.hashing.finished
            asked = await client.post("/v1/sign-up", json={"email": email, "password": CHOSEN, "name": "Ada"})
            hashes.append(tools.hashing.finished - hashed)
            # Neither by what was chosen, nor by a guess at the code.
            signing_in = await client.post("/v1/sign-in", json={"identifier": email, "password": CHOSEN})
            steps[email] = [asked, signing_in, await enter(client, asked.json()["attempt"], "00000000")]
        known, new = steps["ada@example.com"], steps["new@example.com"]
        assert [each.status_code for each in known] == [202, 401, 401]
        assert [shape(each) for each in known] == [shape(each) for each in new]
        assert hashes == [1, 1]
        assert await count(tools) == before
        told, mailed = sorted(await office.collect(tools), key=lambda letter: letter.to)
        assert (told.to, told.subject) == ("ada@example.com", "You already have an account")
        done = await enter(client, new[0].json()["attempt"], mailed.code)
        assert done.status_code == 200, done.text
        assert (done.json()["user"]["name"], done.json()["user"]["email_verified"]) == ("Ada", True)
        assert done.json()["session"]["methods"] == ["pwd"]
        again = await client.post("/v1/sign-in", json={"identifier": "new@example.com", "password": CHOSEN})
        assert again.status_code == 200
        assert await office.collect(tools) == []


async def test_wrong_codes_lock_nobody_out_of_signing_in(tools: Tools, client: httpx2.AsyncClient) -> None:
    async with opened_post() as office:
        office.serve(tools)
        await make_person(tools, client, email_verified=True)
        refused = []
        for _ in range(4):
            asked = await client.post("/v1/sign-up", json={"email": "ada@example.com", "password": CHOSEN})
            for _ in range(5):
                refused.append(await enter(client, asked.json()["attempt"], "00000000"))
                tools.clock.advance(seconds=60)  # type: ignore[attr-defined]
        assert {each.json()["code"] for each in refused} == {"sign-in-failed", "too-many-attempts"}
        right = {"identifier": "ada@example.com", "password": PASSWORD}
        assert (await client.post("/v1/sign-in", json=right)).status_code == 200


async def test_still_tells_a_taken_username(tools: Tools, client: httpx2.AsyncClient) -> None:
    async with opened_post() as office:
        office.serve(tools)
        await make_person(tools, client, username="ada", email_verified=True)
        for email in ("ada@example.com", "new@example.com"):
            for password in ({"password": CHOSEN}, {}):
                body = {"email": email, "username": "Ada", **password}
                taken = await client.post("/v1/sign-up", json=body)
                assert (taken.status_code, taken.json()["code"]) == (409, "username-taken")


async def test_strangers_have_only_some_mail_sent_to_an_address(tools: Tools, client: httpx2.AsyncClient) -> None:
    async with opened_post() as office:
        office.serve(tools)
        for spelling in ("new@example.com", "NEW@example.com"):
            for _ in range(4):
                asked = await client.post("/v1/sign-up", json={"email": spelling, "password": CHOSEN})
                assert asked.status_code == 202
        assert len(await office.collect(tools)) == 5
        await client.post("/v1/sign-up", json={"email": "other@example.com", "password": CHOSEN})
        assert (await office.only(tools)).to == "other@example.com"
        tools.clock.advance(hours=2)  # type: ignore[attr-defined]
        await client.post("/v1/sign-up", json={"email": "new@example.com", "password": CHOSEN})
        assert (await office.only(tools)).to == "new@example.com"


async def test_a_new_mail_can_be_asked_for(tools: Tools, client: httpx2.AsyncClient) -> None:
    async with opened_post() as office:
        office.serve(tools)
        asked = (await client.post("/v1/sign-up", json={"email": "new@example.com", "password": CHOSEN})).json()
        first = await office.only(tools)
        choice = {"answers": {"method": "email_verification"}}
        again = await client.post(f"/v1/sign-in/{asked['attempt']}/answers", json=choice)
        assert again.json()["status"] == "pending"
        second = await office.only(tools)
        assert first.code != second.code
        assert (await enter(client, asked["attempt"], first.code)).json()["code"] == "sign-in-failed"
        assert (await enter(client, asked["attempt"], second.code)).status_code == 200
        assert (await enter(client, asked["attempt"], second.code)).json()["code"] == "attempt-invalid"


async def test_a_passkey_opens_nothing_before_the_address_is_shown(tools: Tools, client: httpx2.AsyncClient) -> None:
    async with opened_post() as office:
        office.serve(tools)
        await make_person(tools, client, email_verified=True)
        before = await count(tools)
        steps: dict[str, list[httpx2.Response]] = {}
        authenticators = {}
        for email in ("ada@example.com", "new@example.com"):
            authenticators[email] = Authenticator()
            asked = await client.post("/v1/sign-up", json={"email": email})
            made = authenticators[email].create(options_in(asked.json()))
            steps[email] = [asked, await answer(client, asked.json()["attempt"], made)]
            steps[email].append(await enter(client, asked.json()["attempt"], "00000000"))
        known, new = steps["ada@example.com"], steps["new@example.com"]
        assert [each.status_code for each in known] == [202, 200, 401]
        # The name to show on the authenticator is the one that was typed.
        assert [shape(each) for each in known[1:]] == [shape(each) for each in new[1:]]
        assert shape(known[0])[:2] == shape(new[0])[:2]
        assert without_names(options_in(known[0].json()) | {"user": ""}) == without_names(
            options_in(new[0].json()) | {"user": ""}
        )
        assert await count(tools) == before
        told, mailed = sorted(await office.collect(tools), key=lambda letter: letter.to)
        assert (told.to, told.subject) == ("ada@example.com", "You already have an account")
        assert mailed.to == "new@example.com"
        attempt = new[0].json()["attempt"]
        # Its code opens the sign-up that asked for it and no other.
        other = await enter(client, known[0].json()["attempt"], mailed.code)
        assert other.json()["code"] == "sign-in-failed"
        done = await enter(client, attempt, mailed.code)
        assert done.status_code == 200, done.text
        assert done.json()["user"]["email_verified"] is True
        assert done.json()["session"]["methods"] == ["swk", "user", "mfa"]
        attempt, options = await begin(client)
        used = authenticators["new@example.com"]
        assert (await answer(client, attempt, used.get(options, used.held[-1]))).status_code == 200


async def test_an_address_that_was_taken_meanwhile_leaves_nothing_of_a_sign_up(
    tools: Tools, client: httpx2.AsyncClient
) -> None:
    async with opened_post() as office:
        office.serve(tools)
        asked = (await client.post("/v1/sign-up", json={"email": "new@example.com"})).json()
        await answer(client, asked["attempt"], Authenticator().create(options_in(asked)))
        letter = await office.only(tools)
        await make_person(tools, client, "new@example.com", email_verified=True)
        before = await count(tools)
        late = await enter(client, asked["attempt"], letter.code)
        # Whoever reads its mail may know.
        assert (late.status_code, late.json()["code"]) == (409, "email-taken")
        assert await count(tools) == before
