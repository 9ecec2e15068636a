"""Signing up, and that a stranger cannot learn who has an account where the operator hides it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.sign_up.create_user import create_user
from doorward.domain.sign_up.problems import SignUpClosed
from doorward.domain.sign_up.sign_up import sign_up
from doorward.domain.users.list import UserFilter, list_users
from doorward.domain.users.problems import EmailTaken, UsernameTaken
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.domain.users.store import UserRow
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.problem import Forbidden, InvalidInput, Unauthenticated
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration


async def signed_up(tools: Tools, password: str = PASSWORD, **fields: str) -> UserRow | Pending:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await sign_up(tx, fields, password=password)


async def count(tools: Tools) -> int | None:
    async with tools.reading(operator()) as tx:
        return (await list_users(tx, UserFilter(), count="exact")).count


async def test_makes_an_account_that_can_sign_in(tools: Tools) -> None:
    row = await signed_up(tools, email="ada@example.com", username="ada", name="Ada")
    assert isinstance(row, UserRow)
    assert (row.status, row.email_verified, row.username, row.name) == ("active", False, "ada", "Ada")
    async with tools.writing(anonymous()) as tx:
        assert isinstance(await begin_sign_in(tx, identifier="ada", password=PASSWORD), Complete)
    event = (await logged(tools, user_id=row.id, type_="user.created"))[0]
    assert event.data == {"source": "sign-up"}
    assert event.person == {
        "email": "ada@example.com",
        "username": "ada",
        "address": ORIGIN.address,
        "user_agent": ORIGIN.user_agent,
    }


async def test_tells_what_is_taken_and_keeps_nothing(tools: Tools) -> None:
    await make_user(tools, username="ada")
    with pytest.raises(EmailTaken):
        await signed_up(tools, email="ADA@example.com", username="other")
    with pytest.raises(UsernameTaken):
        await signed_up(tools, email="other@example.com", username="ADA")
    assert await count(tools) == 1
    await signed_up(tools, email="other@example.com", username="other")


async def test_is_closed_where_the_setting_says_so(tools: Tools) -> None:
    changed(tools, SignUpSettings, mode="closed")
    before = tools.hashing.finished
    with pytest.raises(SignUpClosed):
        await signed_up(tools, email="ada@example.com")
    assert tools.hashing.finished == before


async def test_names_everything_that_is_wrong_before_hashing(tools: Tools) -> None:
    before = tools.hashing.finished
    with pytest.raises(InvalidInput) as refused:
        await signed_up(tools, email="no address", username="a b", name="\x07")
    assert {error.pointer for error in refused.value.errors} == {"/email", "/username", "/name"}
    for password in ("short", "password1", "ada@example.com", "y" * 2000):
        with pytest.raises(InvalidInput) as refused:
            await signed_up(tools, password, email="ada@example.com")
        assert refused.value.errors[0].pointer == "/password"
    assert tools.hashing.finished == before


async def test_requires_a_username_where_the_setting_says_so(tools: Tools) -> None:
    changed(tools, UsersSettings, username_required=True)
    with pytest.raises(InvalidInput) as refused:
        await signed_up(tools, email="ada@example.com")
    assert refused.value.errors[0].code == "username-required"


async def test_answers_alike_for_known_and_new_addresses_where_they_are_hidden(tools: Tools) -> None:
    changed(tools, SignUpSettings, hide_existing=True)
    await make_user(tools)
    hashes = tools.hashing.finished
    known = await signed_up(tools, "a stranger knows this 5", email="ada@example.com", name="Mallory")
    middle = tools.hashing.finished
    new = await signed_up(tools, "a stranger knows this 5", email="new@example.com")
    assert isinstance(known, Pending)
    assert isinstance(new, Pending)
    without_challenges = [
        [replace(prompt, data={**(prompt.data or {}), "challenge": ""}) for prompt in outcome.prompts]
        for outcome in (known, new)
    ]
    assert without_challenges[0] == without_challenges[1]
    assert len(known.attempt) == len(new.attempt)
    assert middle - hashes == tools.hashing.finished - middle == 1
    assert await count(tools) == 2
    async with tools.writing(anonymous()) as tx:
        answers = {"password": "a stranger knows this 5"}
        assert isinstance(await answer_sign_in(tx, attempt=new.attempt, answers=answers), Complete)
    with pytest.raises(SignInFailed):
        async with tools.writing(anonymous()) as tx:
            await answer_sign_in(tx, attempt=known.attempt, answers=answers)
    # The account is as it was; only its own password carries on.
    async with tools.writing(anonymous()) as tx:
        outcome = await answer_sign_in(tx, attempt=known.attempt, answers={"password": PASSWORD})
    assert isinstance(outcome, Complete)
    assert outcome.user.name is None


async def test_still_tells_a_taken_username_where_addresses_are_hidden(tools: Tools) -> None:
    changed(tools, SignUpSettings, hide_existing=True)
    await make_user(tools, username="ada")
    for email in ("ada@example.com", "new@example.com"):
        with pytest.raises(UsernameTaken):
            await signed_up(tools, email=email, username="ada")


async def test_lets_administrators_make_accounts_with_roles(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(as_user(ada, "users:write")) as tx:
        row = await create_user(tx, {"email": "bob@example.com", "email_verified": True, "external_id": "7"})
    assert (row.email_verified, row.external_id, row.version) == (True, "7", 1)
    for actor, problem in [
        (as_user(ada), Forbidden),
        (anonymous(), Unauthenticated),
        # Who may make users, but not hand out what is in the role.
        (as_user(ada, "users:write"), Forbidden),
        (as_user(ada, "users:write", "roles:write"), Forbidden),
    ]:
        with pytest.raises(problem):
            async with tools.writing(actor) as tx:
                await create_user(tx, {"email": "eve@example.com"}, roles=["admin"])
    assert await count(tools) == 2
