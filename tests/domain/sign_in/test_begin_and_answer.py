"""Signing in: at once or in steps, alike for known and unknown people, through the gate alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from doorward.domain.access.authenticate import authenticate_cookie, authenticate_token
from doorward.domain.credentials.keep import add_credential, credentials_of, replace_data, unseal
from doorward.domain.methods.method import Prompt
from doorward.domain.methods.password.choose import set_password
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.attempts import purge_attempts, spend, take_try
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.explain import explain
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.sign_in.tables import sign_in_attempts
from doorward.domain.users.delete import delete_user, erase_user
from doorward.domain.users.emails import add_email
from doorward.domain.users.find import show_user
from doorward.domain.users.problems import UserDeleted, UserSuspended
from doorward.domain.users.suspend import reinstate_user, suspend_user
from doorward.infra.crypto.hashing.hasher import PasswordHasher
from doorward.infra.crypto.hashing.settings import HashingSettings
from doorward.infra.database.statement import Query
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.tools import Tools
from doorward.kernel.actor import Origin, anonymous, operator, system
from doorward.kernel.problem import InvalidInput, Problem
from tests.make.actors import ORIGIN, logged
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration


async def begin(tools: Tools, identifier: str, password: str | None = None, kind: str = "token") -> Complete | Pending:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await begin_sign_in(tx, identifier=identifier, password=password, kind=kind)  # type: ignore[arg-type]


async def answer(tools: Tools, attempt: str, password: str = PASSWORD) -> Complete | Pending:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await answer_sign_in(tx, attempt=attempt, answers={"password": password})


def asked(outcome: Pending) -> list[object]:
    """What is asked for, without the challenges, which are new each time."""
    return [replace(prompt, data={**(prompt.data or {}), "challenge": ""}) for prompt in outcome.prompts]


async def pending(tools: Tools, identifier: str = "ada@example.com") -> str:
    outcome = await begin(tools, identifier)
    assert isinstance(outcome, Pending)
    return outcome.attempt


@pytest.mark.parametrize("identifier", ["ada@example.com", "ADA@Example.COM", "ada", " Ada ", "second@example.com"])
async def test_signs_in_by_any_address_or_username_in_any_spelling(tools: Tools, identifier: str) -> None:
    ada = await make_user(tools, username="ada")
    async with tools.writing(operator()) as tx:
        await add_email(tx, ada.id, "second@example.com")
    outcome = await begin(tools, identifier, PASSWORD)
    assert isinstance(outcome, Complete)
    assert outcome.user.id == ada.id
    assert outcome.access_token is not None
    assert (await authenticate_token(tools, outcome.access_token, Origin())).session.session_id == outcome.session.id
    assert outcome.user.last_sign_in_at == outcome.session.created_at
    assert outcome.cookie is None
    assert not {outcome.access_token, outcome.refresh_token} & set(repr(outcome).split("'"))


async def test_signs_in_by_cookie_without_any_token(tools: Tools) -> None:
    await make_user(tools)
    outcome = await begin(tools, "ada@example.com", PASSWORD, kind="cookie")
    assert isinstance(outcome, Complete)
    assert (outcome.access_token, outcome.refresh_token) == (None, None)
    assert outcome.cookie is not None
    assert (await authenticate_cookie(tools, outcome.cookie, Origin())).session.session_kind == "cookie"


async def test_asks_for_the_same_whether_or_not_anybody_is_known(tools: Tools) -> None:
    await make_user(tools)
    known, unknown = await begin(tools, "ada@example.com"), await begin(tools, "nobody@example.com")
    assert isinstance(known, Pending)
    assert isinstance(unknown, Pending)
    assert known.prompts[0] == unknown.prompts[0] == Prompt("password", "secret", "password", "Password")
    assert asked(known) == asked(unknown)
    assert len(known.attempt) == len(unknown.attempt)
    async with tools.reading(operator()) as tx:
        states = await tx.db.all(Query(select(sign_in_attempts.c.state), tuple[bytes]))
    assert len({len(state) for (state,) in states}) == 1


@pytest.mark.parametrize(
    ("identifier", "password"),
    [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("nobody", PASSWORD), ("@", PASSWORD), ("", "")],
)
async def test_refuses_without_saying_what_is_wrong_and_at_the_cost_of_one_hash(
    tools: Tools, identifier: str, password: str
) -> None:
    await make_user(tools)
    before = tools.hashing.finished
    with pytest.raises(SignInFailed) as refused:
        await begin(tools, identifier, password)
    assert tools.hashing.finished == before + 1
    assert refused.value.detail == "The identifier or the password is not right."
    (event,) = await logged(tools, type_="sign_in.refused")
    assert event.data == {"reason": "sign-in-failed", "method": "password"}


async def test_answers_an_attempt_once(tools: Tools) -> None:
    ada = await make_user(tools)
    attempt = await pending(tools)
    outcome = await answer(tools, attempt)
    assert isinstance(outcome, Complete)
    assert outcome.user.id == ada.id
    with pytest.raises(AttemptInvalid):
        await answer(tools, attempt)


async def test_lets_wrong_answers_be_tried_again_but_not_for_ever(tools: Tools) -> None:
    changed(tools, SignInSettings, attempt_tries=3)
    await make_user(tools)
    attempt = await pending(tools)
    for _ in range(2):
        with pytest.raises(SignInFailed):
            await answer(tools, attempt, "wrong")
    other = await pending(tools)
    assert isinstance(await answer(tools, other), Complete)
    with pytest.raises(SignInFailed):
        await answer(tools, attempt, "wrong")
    with pytest.raises(AttemptInvalid):
        await answer(tools, attempt)


async def test_lets_an_attempt_run_out(tools: Tools) -> None:
    await make_user(tools)
    attempt = await pending(tools)
    tools.clock.advance(seconds=900)  # type: ignore[attr-defined]
    with pytest.raises(AttemptInvalid):
        await answer(tools, attempt)


async def test_refuses_the_attempt_for_nobody_like_a_wrong_password(tools: Tools) -> None:
    attempt = await pending(tools, "nobody@example.com")
    before = tools.hashing.finished
    with pytest.raises(SignInFailed):
        await answer(tools, attempt)
    assert tools.hashing.finished == before + 1


@pytest.mark.parametrize(
    "name", ["", "dwat_", "dwat_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "dwcur_AAAA", "x" * 9000]
)
async def test_refuses_made_up_attempts(tools: Tools, name: str) -> None:
    with pytest.raises(AttemptInvalid):
        await answer(tools, name)


async def test_refuses_answers_that_nobody_asked_for(tools: Tools) -> None:
    await make_user(tools)
    attempt = await pending(tools)
    for answers in ({}, {"code": "1"}, {"Password": PASSWORD}):
        with pytest.raises(InvalidInput):
            async with tools.writing(anonymous()) as tx:
                await answer_sign_in(tx, attempt=attempt, answers=answers)
    assert isinstance(await answer(tools, attempt), Complete)


async def test_stops_at_the_gate_with_a_reason_only_after_the_proof(tools: Tools) -> None:
    suspended = await make_user(tools, "suspended@example.com")
    deleted = await make_user(tools, "deleted@example.com")
    erased = await make_user(tools, "erased@example.com")
    attempts = {name: await pending(tools, f"{name}@example.com") for name in ("suspended", "deleted", "erased")}
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, suspended.id)
        await delete_user(tx, deleted.id)
        await erase_user(tx, erased.id)
    for name, problem in [("suspended", UserSuspended), ("deleted", UserDeleted), ("erased", SignInFailed)]:
        with pytest.raises(problem):
            await begin(tools, f"{name}@example.com", PASSWORD)
        with pytest.raises(SignInFailed):
            await begin(tools, f"{name}@example.com", "wrong")
        with pytest.raises(problem):
            await answer(tools, attempts[name])
    reasons = [event.data["reason"] for event in await logged(tools, user_id=suspended.id, type_="sign_in.refused")]
    assert reasons == ["user-suspended", "sign-in-failed", "user-suspended"]
    assert await logged(tools, type_="session.started") == []


async def test_lets_in_when_a_suspension_is_over(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, ada.id, until=tx.now + timedelta(minutes=1))
    with pytest.raises(UserSuspended):
        await begin(tools, "ada@example.com", PASSWORD)
    tools.clock.advance(minutes=1)  # type: ignore[attr-defined]
    assert isinstance(await begin(tools, "ada@example.com", PASSWORD), Complete)


async def test_records_no_sign_in_for_a_password_that_changed_while_it_was_checked(tools: Tools) -> None:
    ada = await make_user(tools)
    verify = tools.hashing.verify

    async def slow(password: str, encoded: str | None) -> object:
        verdict = await verify(password, encoded)
        async with tools.writing(operator()) as tx:
            await set_password(tx, ada.id, "quite another sentence 7")
        return verdict

    tools.hashing.verify = slow  # type: ignore[method-assign,assignment]
    with pytest.raises(SignInFailed):
        await begin(tools, "ada@example.com", PASSWORD)
    async with tools.reading(operator()) as tx:
        assert (await show_user(tx, ada.id)).last_sign_in_at is None
    assert await logged(tools, type_="session.started") == []


async def test_asks_for_a_second_factor_that_was_set_up_while_the_password_was_checked(tools: Tools) -> None:
    ada = await make_user(tools)
    verify = tools.hashing.verify

    async def slow(password: str, encoded: str | None) -> object:
        verdict = await verify(password, encoded)
        async with tools.writing(operator()) as tx:
            if len(await credentials_of(tx, ada.id)) == 1:
                await add_credential(tx, user_id=ada.id, method="totp", data={})
        return verdict

    tools.hashing.verify = slow  # type: ignore[method-assign,assignment]
    outcome = await begin(tools, "ada@example.com", PASSWORD)
    assert isinstance(outcome, Pending)
    assert [prompt.method for prompt in outcome.prompts] == ["totp"]
    assert await logged(tools, type_="session.started") == []


async def test_lets_everybody_in_who_signs_in_while_the_password_is_hashed_anew(committing_tools: Tools) -> None:
    tools = committing_tools
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        (row,) = await credentials_of(tx, ada.id, "password")
        old = PasswordHasher(HashingSettings(argon2_memory_kib=64, argon2_time=3)).hash(PASSWORD)
        assert await replace_data(tx, row, {"hash": old})
    together = asyncio.Barrier(3)
    hash_anew = tools.hashing.hash

    async def slow(password: str) -> str:
        # All have compared with the old one before anybody stores another.
        await together.wait()
        return await hash_anew(password)

    tools.hashing.hash = slow  # type: ignore[method-assign]
    outcomes = await asyncio.gather(*(begin(tools, "ada@example.com", PASSWORD) for _ in range(3)))
    assert all(isinstance(outcome, Complete) for outcome in outcomes)
    assert len(await logged(tools, type_="session.started")) == 3
    async with tools.reading(operator()) as tx:
        (row,) = await credentials_of(tx, ada.id, "password")
    assert not tools.hashing.hasher.needs_rehash(unseal(tools.sealer, row)["hash"])


@pytest.mark.parametrize(
    ("change", "problem", "kept"),
    [
        (suspend_user, UserSuspended, ["user-suspended"]),
        (delete_user, UserDeleted, ["user-deleted"]),
        # Nothing may bring back anything of somebody who was erased.
        (erase_user, SignInFailed, []),
    ],
    ids=["suspended", "deleted", "erased"],
)
async def test_refuses_whose_account_was_closed_while_the_password_was_checked(
    tools: Tools, change: Callable[[Tx, UUID], Awaitable[object]], problem: type[Problem], kept: list[str]
) -> None:
    ada = await make_user(tools)
    verify = tools.hashing.verify

    async def slow(password: str, encoded: str | None) -> object:
        verdict = await verify(password, encoded)
        async with tools.writing(operator()) as tx:
            await change(tx, ada.id)
        return verdict

    tools.hashing.verify = slow  # type: ignore[method-assign,assignment]
    with pytest.raises(problem) as refused:
        await begin(tools, "ada@example.com", PASSWORD)
    tools.hashing.verify = verify  # type: ignore[method-assign]
    assert await logged(tools, type_="session.started") == []
    reasons = [event.data["reason"] for event in await logged(tools, user_id=ada.id, type_="sign_in.refused")]
    assert reasons == kept
    async with tools.reading(operator()) as tx:
        explained = await explain(tx, refused.value.facts["support_code"])
    assert explained["outcome"] == refused.value.code
    if change is suspend_user:
        async with tools.writing(operator()) as tx:
            assert (await show_user(tx, ada.id)).last_sign_in_at is None
            await reinstate_user(tx, ada.id)
        # The password was right, which does not count as a guess: as many are left as before.
        for _ in range(2):
            with pytest.raises(SignInFailed):
                await begin(tools, "ada@example.com", "wrong")
        assert isinstance(await begin(tools, "ada@example.com", PASSWORD), Complete)


async def test_lets_one_of_two_answers_finish_an_attempt(tools: Tools) -> None:
    await make_user(tools)
    attempt = await pending(tools)
    async with tools.writing(anonymous()) as tx:
        taken = await take_try(tx, attempt)
        await spend(tx, taken)
        with pytest.raises(AttemptInvalid):
            await spend(tx, taken)


async def test_forgets_attempts_a_day_after_they_ran_out(tools: Tools) -> None:
    await pending(tools)
    for hours, left in [(1, 1), (24, 0)]:
        tools.clock.advance(hours=hours)  # type: ignore[attr-defined]
        async with tools.writing(system()) as tx:
            await purge_attempts(tx, {})
            assert len(await tx.db.all(Query(select(sign_in_attempts.c.id), tuple))) == left  # type: ignore[type-var]
