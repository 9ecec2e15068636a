"""The rules for second factors: required ones stay, two where two are asked for, reset only after a delay."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from doorward.domain.credentials.keep import credentials_of
from doorward.domain.credentials.problems import LastCredential
from doorward.domain.methods.password.choose import set_password
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.methods.recovery_code.prove import WRITTEN_DOWN
from doorward.domain.one_time.links import follow_link, look_at_link
from doorward.domain.one_time.problems import LinkInvalid
from doorward.domain.one_time.values import link_of, void_values
from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.factor_reset import RESET, apply_factor_reset, begin_factor_reset, cancel_factor_reset
from doorward.domain.sign_in.remove_factor import remove_factor
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.statement import Query
from doorward.infra.outbox.tables import jobs
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, anonymous, operator, system
from doorward.kernel.problem import Forbidden, InvalidInput, Unauthenticated
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.authenticator_app import code_now, give_app, give_codes
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration


async def begin(tools: Tools) -> Complete | Pending:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD)


async def answer(tools: Tools, attempt: str, **answers: str) -> Complete | Pending:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await answer_sign_in(tx, attempt=attempt, answers=answers)


async def left(tools: Tools, user: UserRow) -> list[str]:
    async with tools.reading(operator()) as tx:
        return [row.method for row in await credentials_of(tx, user.id) if row.method != "password"]


async def remove(tools: Tools, user: UserRow, method: str, actor: Actor | None = None) -> None:
    async with tools.writing(actor or as_user(user)) as tx:
        row = (await credentials_of(tx, user.id, method))[0]
        await remove_factor(tx, user.id, row.id)


async def test_takes_recovery_codes_away_with_the_last_factor(tools: Tools) -> None:
    ada = await make_user(tools)
    await give_app(tools, ada.id)
    await give_app(tools, ada.id)
    await give_codes(tools, ada.id)
    await remove(tools, ada, "totp")
    assert await left(tools, ada) == ["totp", "recovery_code"]
    await remove(tools, ada, "totp")
    assert await left(tools, ada) == []
    assert isinstance(await begin(tools), Complete)
    removed = [event.data["method"] for event in await logged(tools, type_="factor.removed")]
    assert removed == ["totp", "totp", "recovery_code"]


async def test_keeps_the_last_factor_where_one_is_required(tools: Tools) -> None:
    ada = await make_user(tools)
    await give_app(tools, ada.id)
    await give_app(tools, ada.id)
    await give_codes(tools, ada.id)
    changed(tools, SignInSettings, second_factor="required")
    await remove(tools, ada, "totp")
    # Recovery codes are no factor of their own, so the last app stays although there are some.
    with pytest.raises(LastCredential):
        await remove(tools, ada, "totp")
    assert await left(tools, ada) == ["totp", "recovery_code"]
    await remove(tools, ada, "recovery_code")
    assert await left(tools, ada) == ["totp"]


async def test_keeps_two_where_two_are_asked_for(tools: Tools) -> None:
    ada = await make_user(tools)
    await give_app(tools, ada.id)
    await give_codes(tools, ada.id)
    changed(tools, SignInSettings, at_least_two=True)
    for method in ("totp", "recovery_code"):
        with pytest.raises(LastCredential):
            await remove(tools, ada, method)
    assert await left(tools, ada) == ["totp", "recovery_code"]


async def test_lets_an_administrator_take_nobodys_last_factor_without_the_delay(tools: Tools) -> None:
    ada = await make_user(tools)
    await give_app(tools, ada.id)
    await give_codes(tools, ada.id)
    with pytest.raises(LastCredential):
        await remove(tools, ada, "totp", operator())
    await give_app(tools, ada.id)
    await remove(tools, ada, "totp", operator())
    assert await left(tools, ada) == ["recovery_code", "totp"]


async def test_asks_for_a_second_authenticator_from_the_day_that_is_set(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    today = tools.clock.now().date()
    changed(tools, SignInSettings, at_least_two=True, at_least_two_from=today + timedelta(days=3))
    step = await begin(tools)
    assert isinstance(step, Pending)
    assert isinstance(await answer(tools, step.attempt, totp=code_now(tools, app)), Complete)
    tools.clock.advance(days=3)  # type: ignore[attr-defined]
    step = await begin(tools)
    assert isinstance(step, Pending)
    step = await answer(tools, step.attempt, totp=code_now(tools, app))
    assert isinstance(step, Pending)
    offered = {prompt.name: prompt for prompt in step.prompts}
    assert {"totp", WRITTEN_DOWN} <= offered.keys()
    data = offered[WRITTEN_DOWN].data
    assert data is not None
    assert len(data["codes"]) == 10
    assert await left(tools, ada) == ["totp"]
    outcome = await answer(tools, step.attempt, **{WRITTEN_DOWN: "yes"})
    assert isinstance(outcome, Complete)
    assert await left(tools, ada) == ["totp", "recovery_code"]
    step = await begin(tools)
    assert isinstance(step, Pending)
    assert isinstance(await answer(tools, step.attempt, recovery_code=data["codes"][3]), Complete)


async def test_takes_a_further_app_for_the_second_authenticator(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    changed(tools, SignInSettings, at_least_two=True, at_least_two_from=date(2020, 1, 1))
    step = await begin(tools)
    assert isinstance(step, Pending)
    step = await answer(tools, step.attempt, totp=code_now(tools, app))
    assert isinstance(step, Pending)
    data = next(prompt.data for prompt in step.prompts if prompt.name == "totp")
    assert data is not None
    assert data["secret"] != app.secret_text
    assert isinstance(await answer(tools, step.attempt, totp=code_now(tools, data["secret"])), Complete)
    assert await left(tools, ada) == ["totp", "totp"]


@pytest.mark.parametrize("required", [True, False])
async def test_takes_eight_characters_only_where_everybody_has_a_second_factor(tools: Tools, *, required: bool) -> None:
    ada = await make_user(tools)
    changed(tools, PasswordSettings, policy="nist")
    changed(tools, SignInSettings, second_factor="required" if required else "optional")
    async with tools.writing(operator()) as tx:
        if required:
            await set_password(tx, ada.id, "kiwi7Zug")
        else:
            with pytest.raises(InvalidInput) as refused:
                await set_password(tx, ada.id, "kiwi7Zug")
            assert [error.code for error in refused.value.errors] == ["password-too-short"]


async def _pending_reset(tools: Tools) -> dict[str, str]:
    async with tools.reading(operator()) as tx:
        rows = await tx.db.all(Query(select(jobs.c.payload).where(jobs.c.kind == "factors.reset"), tuple[dict]))  # type: ignore[type-arg]
    return dict(rows[-1][0])


async def apply(tools: Tools) -> None:
    payload = await _pending_reset(tools)
    async with tools.writing(system()) as tx:
        await apply_factor_reset(tx, payload)


async def test_resets_factors_after_the_delay_and_once(tools: Tools) -> None:
    ada = await make_user(tools)
    await give_app(tools, ada.id)
    await give_codes(tools, ada.id)
    async with tools.writing(operator()) as tx:
        assert await begin_factor_reset(tx, ada.id, reason="Lost phone") == tx.now + timedelta(hours=24)
    async with tools.reading(operator()) as tx:
        (row,) = await tx.db.all(
            Query(select(jobs.c.run_at, jobs.c.created_at).where(jobs.c.kind == "factors.reset"), tuple)
        )  # type: ignore[type-var]
        assert row[0] - row[1] == timedelta(hours=24)
    assert await left(tools, ada) == ["totp", "recovery_code"]
    tools.clock.advance(hours=24)  # type: ignore[attr-defined]
    await apply(tools)
    assert await left(tools, ada) == []
    assert isinstance(await begin(tools), Complete)
    # What was set up since is not taken by a job that runs again.
    await give_app(tools, ada.id)
    await apply(tools)
    assert await left(tools, ada) == ["totp"]
    (begun,) = await logged(tools, type_="factor_reset.begun")
    assert begun.person is not None
    assert begun.person["reason"] == "Lost phone"
    assert "reason" not in begun.data
    assert len(await logged(tools, type_="factor_reset.applied")) == 1


@pytest.mark.parametrize("how", ["link", "administrator", "begun anew", "locked down"])
async def test_resets_nothing_that_was_taken_back(tools: Tools, how: str) -> None:
    from uuid import UUID

    ada = await make_user(tools)
    await give_app(tools, ada.id)
    async with tools.writing(operator()) as tx:
        await begin_factor_reset(tx, ada.id, reason="Lost phone")
    payload = await _pending_reset(tools)
    token = link_of(tools, RESET, UUID(hex=payload["value"]))
    async with tools.writing(anonymous()) as tx:
        assert (await look_at_link(tx, token)).purpose == RESET.name
    async with tools.writing(operator() if how != "link" else anonymous()) as tx:
        if how == "link":
            await follow_link(tx, token)
        elif how == "administrator":
            await cancel_factor_reset(tx, ada.id)
        elif how == "begun anew":
            await begin_factor_reset(tx, ada.id, reason="Again")
        else:
            await void_values(tx, ada.id)
    with pytest.raises(LinkInvalid):
        async with tools.writing(anonymous()) as tx:
            await follow_link(tx, token)
    async with tools.writing(system()) as tx:
        await apply_factor_reset(tx, payload)
    assert await left(tools, ada) == ["totp"]


async def test_resets_factors_for_nobody_who_may_do_more_and_never_without_a_reason(tools: Tools) -> None:
    ada, root = await make_user(tools), await make_user(tools, "root@example.com", roles=["admin"])
    helper = as_user(await make_user(tools, "helper@example.com"), "users:write")
    for actor, whom, problem in [
        (helper, root, Forbidden),
        (as_user(ada), root, Forbidden),
        (anonymous(), ada, Unauthenticated),
    ]:
        with pytest.raises(problem):
            async with tools.writing(actor) as tx:
                await begin_factor_reset(tx, whom.id, reason="Lost phone")
    for reason in ("", " ", "\n", "x" * 501):
        with pytest.raises(InvalidInput):
            async with tools.writing(helper) as tx:
                await begin_factor_reset(tx, ada.id, reason=reason)
    tools.clock.advance(hours=1)  # type: ignore[attr-defined]
    with pytest.raises(StepUpRequired):
        async with tools.writing(helper) as tx:
            await begin_factor_reset(tx, ada.id, reason="Lost phone")
