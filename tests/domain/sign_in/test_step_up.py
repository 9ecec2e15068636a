"""Proving again who one is: asked for by what is sensitive, bound to the session, and never a way to sign in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from doorward.domain.access.authenticate import authenticate_cookie, authenticate_token
from doorward.domain.methods.password.choose import change_my_password, set_password
from doorward.domain.methods.password.problems import CurrentPasswordWrong
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.sessions.end import end_sessions
from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sessions.recent import require_recent
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.step_up import answer_step_up, begin_step_up
from doorward.domain.sign_up.create_user import create_user
from doorward.domain.users.grant import grant_role, revoke_role
from doorward.domain.users.problems import UserSuspended
from doorward.domain.users.suspend import suspend_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, Origin, anonymous, operator, system
from doorward.kernel.problem import Unauthenticated
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration


async def signed_in(tools: Tools, kind: str = "token") -> tuple[Complete, Actor]:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        outcome = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD, kind=kind)  # type: ignore[arg-type]
    assert isinstance(outcome, Complete)
    return outcome, as_user(outcome.user, session_id=outcome.session.id)


async def begin(tools: Tools, actor: Actor) -> Pending:
    async with tools.writing(actor) as tx:
        return await begin_step_up(tx)


async def answer(tools: Tools, actor: Actor, attempt: str, password: str = PASSWORD, kind: str = "token") -> Complete:
    async with tools.writing(actor) as tx:
        outcome = await answer_step_up(tx, attempt=attempt, answers={"password": password}, kind=kind)  # type: ignore[arg-type]
    assert isinstance(outcome, Complete)
    return outcome


async def test_asks_for_a_proof_that_is_no_older_than_the_setting(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        now = tx.now
    for seconds, fresh in [(0, True), (899, True), (901, False), (86400, False)]:
        async with tools.reading(as_user(ada, authenticated_at=now - timedelta(seconds=seconds))) as tx:
            if fresh:
                require_recent(tx)
            else:
                with pytest.raises(StepUpRequired) as refused:
                    require_recent(tx)
                ((name, challenge),) = refused.value.headers
                assert name == "www-authenticate"
                assert 'error="insufficient_user_authentication"' in challenge
                assert 'max_age="900"' in challenge
    for actor, passes in [(operator(), True), (system(), True), (anonymous(), False), (Actor("user", ada.id), False)]:
        async with tools.reading(actor) as tx:
            if passes:
                require_recent(tx)
            else:
                with pytest.raises(StepUpRequired):
                    require_recent(tx)


async def test_asks_administrators_too_before_they_give_power_or_passwords(tools: Tools) -> None:
    ada, root = await make_user(tools), await make_user(tools, "root@example.com", roles=["admin"])
    async with tools.writing(operator()) as tx:
        stale = as_user(root, "*", authenticated_at=tx.now - timedelta(hours=1))
    for sensitive in (
        lambda tx: grant_role(tx, ada.id, "support"),
        lambda tx: revoke_role(tx, root.id, "admin"),
        lambda tx: set_password(tx, ada.id, "quite another sentence 7"),
        lambda tx: create_user(tx, {"email": "new@example.com"}, roles=["support"]),
    ):
        with pytest.raises(StepUpRequired):
            async with tools.writing(stale) as tx:
                await sensitive(tx)
    assert await logged(tools, type_="role.granted", user_id=ada.id) == []


@pytest.mark.parametrize("kind", ["token", "cookie"])
async def test_ends_in_a_new_session_in_place_of_the_old_one(tools: Tools, kind: str) -> None:
    await make_user(tools)
    before, actor = await signed_in(tools, kind)
    tools.clock.advance(hours=1)  # type: ignore[attr-defined]
    attempt = await begin(tools, actor)
    assert [prompt.name for prompt in attempt.prompts] == ["password"]
    after = await answer(tools, actor, attempt.attempt, kind=kind)
    assert after.session.authenticated_at - before.session.authenticated_at >= timedelta(hours=1)
    if kind == "cookie":
        assert after.cookie is not None
        assert before.cookie is not None
        assert (await authenticate_cookie(tools, after.cookie, Origin())).session.session_id == after.session.id
        with pytest.raises(Unauthenticated):
            await authenticate_cookie(tools, before.cookie, Origin())
    else:
        assert after.access_token is not None
        identity = await authenticate_token(tools, after.access_token, Origin())
        assert identity.actor.authenticated_at == after.session.authenticated_at
    ended = [event for event in await logged(tools, type_="session.ended") if event.data["reason"] == "replaced"]
    assert len(ended) == 1
    with pytest.raises(AttemptInvalid):
        await answer(tools, actor, attempt.attempt, kind=kind)


async def test_refuses_a_wrong_answer_and_counts_it(tools: Tools) -> None:
    await make_user(tools)
    before, actor = await signed_in(tools)
    attempt = (await begin(tools, actor)).attempt
    refused: list[type] = []
    for _ in range(4):
        with pytest.raises((SignInFailed, TooManyAttempts)) as raised:
            await answer(tools, actor, attempt, "wrong")
        refused.append(raised.type)
    assert refused == [SignInFailed, SignInFailed, SignInFailed, TooManyAttempts]
    # Counted together with those at signing in.
    with pytest.raises(TooManyAttempts):
        await signed_in(tools)
    assert before.access_token is not None
    assert (await authenticate_token(tools, before.access_token, Origin())).session.session_id == before.session.id


async def test_is_answered_by_the_session_that_began_it_alone(tools: Tools) -> None:
    await make_user(tools)
    bob = await make_user(tools, "bob@example.com")
    (_, actor), (_, other) = await signed_in(tools), await signed_in(tools)
    attempt = (await begin(tools, actor)).attempt
    for stranger in (other, as_user(bob, session_id=other.session_id), as_user(bob)):
        with pytest.raises(AttemptInvalid):
            await answer(tools, stranger, attempt)
    await answer(tools, actor, attempt)


async def test_is_no_way_to_sign_in_and_a_sign_in_no_way_to_step_up(tools: Tools) -> None:
    await make_user(tools)
    _, actor = await signed_in(tools)
    attempt = (await begin(tools, actor)).attempt
    for who in (actor, anonymous(ORIGIN)):
        with pytest.raises(AttemptInvalid):
            async with tools.writing(who) as tx:
                await answer_sign_in(tx, attempt=attempt, answers={"password": PASSWORD})
    async with tools.writing(anonymous(ORIGIN)) as tx:
        pending = await begin_sign_in(tx, identifier="ada@example.com")
    assert isinstance(pending, Pending)
    with pytest.raises(AttemptInvalid):
        await answer(tools, actor, pending.attempt)
    with pytest.raises(Unauthenticated):
        await begin(tools, anonymous())


@pytest.mark.parametrize("what", ["ended", "suspended"])
async def test_follows_no_session_that_is_over(tools: Tools, what: str) -> None:
    ada = await make_user(tools)
    _, actor = await signed_in(tools)
    attempt = (await begin(tools, actor)).attempt
    async with tools.writing(operator()) as tx:
        if what == "ended":
            await end_sessions(tx, user_id=ada.id, reason="revoked")
        else:
            await suspend_user(tx, ada.id)
    before = await logged(tools, type_="session.started")
    with pytest.raises({"ended": AttemptInvalid, "suspended": UserSuspended}[what]):
        await answer(tools, actor, attempt)
    assert await logged(tools, type_="session.started") == before


async def test_counts_wrong_current_passwords_when_one_is_changed(tools: Tools) -> None:
    ada = await make_user(tools)
    for problem in (CurrentPasswordWrong, CurrentPasswordWrong, CurrentPasswordWrong, TooManyAttempts):
        with pytest.raises(problem):
            async with tools.writing(as_user(ada)) as tx:
                await change_my_password(tx, current="wrong", new="quite another sentence 7")
    tools.clock.advance(minutes=1)  # type: ignore[attr-defined]
    async with tools.writing(as_user(ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new="quite another sentence 7")
