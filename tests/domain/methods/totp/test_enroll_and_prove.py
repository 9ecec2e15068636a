"""Authenticator apps: set up with a code that shows them to work, asked for at every sign-in, each code once."""

from __future__ import annotations

import pytest

from doorward.domain.credentials.keep import add_credential, credentials_of, unseal
from doorward.domain.methods.totp.enroll import Enrollment, begin_enrollment, confirm_enrollment
from doorward.domain.methods.totp.problems import TotpCodeWrong, TotpEnrollmentOver, TotpUnavailable
from doorward.domain.methods.totp.prove import MOST
from doorward.domain.methods.totp.settings import TotpSettings
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.sessions.problems import StepUpRequired
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.settings import SignInSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, anonymous, operator
from doorward.kernel.problem import InvalidInput
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.authenticator_app import code_now, give_app
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration


async def enroll(tools: Tools, actor: Actor) -> Enrollment:
    async with tools.writing(actor) as tx:
        return await begin_enrollment(tx)


async def confirm(tools: Tools, actor: Actor, name: str, code: str) -> None:
    async with tools.writing(actor) as tx:
        await confirm_enrollment(tx, name=name, code=code, label="Phone")


async def begin(tools: Tools, password: str | None = PASSWORD) -> Complete | Pending:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await begin_sign_in(tx, identifier="ada@example.com", password=password)


async def pending(tools: Tools) -> Pending:
    outcome = await begin(tools)
    assert isinstance(outcome, Pending)
    return outcome


async def answer(tools: Tools, attempt: str, **answers: str) -> Complete | Pending:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await answer_sign_in(tx, attempt=attempt, answers=answers)


async def test_sets_an_app_up_and_asks_for_it_from_then_on(tools: Tools) -> None:
    ada = await make_user(tools)
    begun = await enroll(tools, as_user(ada))
    assert isinstance(await begin(tools), Complete)
    code = code_now(tools, begun.secret)
    await confirm(tools, as_user(ada), begun.name, code)
    (event,) = await logged(tools, type_="factor.added")
    assert (event.user_id, event.data) == (ada.id, {"method": "totp"})
    step = await pending(tools)
    assert [(prompt.name, prompt.kind, prompt.data) for prompt in step.prompts] == [("totp", "code", None)]
    # The code that set it up is used up.
    with pytest.raises(SignInFailed):
        await answer(tools, step.attempt, totp=code)
    outcome = await answer(tools, step.attempt, totp=code_now(tools, begun.secret, steps=1))
    assert isinstance(outcome, Complete)
    assert outcome.session.methods == ["pwd", "otp", "mfa"]
    async with tools.reading(operator()) as tx:
        (row,) = await credentials_of(tx, ada.id, "totp")
    assert (row.label, begun.secret.encode() in row.sealed) == ("Phone", False)
    assert row.last_used_at is not None


async def test_refuses_wrong_late_foreign_and_repeated_confirmations(tools: Tools) -> None:
    ada, bob = await make_user(tools), await make_user(tools, "bob@example.com")
    begun = await enroll(tools, as_user(ada))
    good = code_now(tools, begun.secret)
    with pytest.raises(TotpCodeWrong):
        await confirm(tools, as_user(ada), begun.name, "000000" if good != "000000" else "111111")
    for name in ("", "dwte_x", begun.name[:-1], begun.name.replace("dwte_", "dwat_")):
        with pytest.raises(TotpEnrollmentOver):
            await confirm(tools, as_user(ada), name, good)
    with pytest.raises(TotpEnrollmentOver):
        await confirm(tools, as_user(bob), begun.name, good)
    # Beginning anew ends what was begun before.
    anew = await enroll(tools, as_user(ada))
    with pytest.raises(TotpEnrollmentOver):
        await confirm(tools, as_user(ada), begun.name, good)
    await confirm(tools, as_user(ada), anew.name, code_now(tools, anew.secret))
    with pytest.raises(TotpEnrollmentOver):
        await confirm(tools, as_user(ada), anew.name, code_now(tools, anew.secret, steps=1))
    late = await enroll(tools, as_user(ada))
    tools.clock.advance(seconds=601)  # type: ignore[attr-defined]
    with pytest.raises(TotpEnrollmentOver):
        await confirm(tools, as_user(ada), late.name, code_now(tools, late.secret))


async def test_asks_for_a_fresh_proof_before_an_app_is_set_up(tools: Tools) -> None:
    ada = await make_user(tools)
    begun = await enroll(tools, as_user(ada))
    stale = as_user(ada)
    tools.clock.advance(seconds=901)  # type: ignore[attr-defined]
    for verb in (enroll(tools, stale), confirm(tools, stale, begun.name, code_now(tools, begun.secret))):
        with pytest.raises(StepUpRequired):
            await verb


async def test_takes_a_few_apps_and_none_where_they_are_switched_off(tools: Tools) -> None:
    ada = await make_user(tools)
    apps = [await give_app(tools, ada.id) for _ in range(MOST)]
    with pytest.raises(TotpUnavailable):
        await enroll(tools, as_user(ada))
    # Each of them serves.
    for app in apps:
        assert isinstance(await answer(tools, (await pending(tools)).attempt, totp=code_now(tools, app)), Complete)
    bob = await make_user(tools, "bob@example.com")
    changed(tools, TotpSettings, enabled=False)
    with pytest.raises(TotpUnavailable):
        await enroll(tools, as_user(bob))
    # Whoever has one goes on being asked for it.
    await pending(tools)


async def test_takes_a_code_once_over_all_sign_ins(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    first, second = await pending(tools), await pending(tools)
    code = code_now(tools, app)
    assert isinstance(await answer(tools, first.attempt, totp=code), Complete)
    with pytest.raises(SignInFailed):
        await answer(tools, second.attempt, totp=code)
    with pytest.raises(AttemptInvalid):
        await answer(tools, first.attempt, totp=code_now(tools, app, steps=1))
    tools.clock.advance(seconds=31)  # type: ignore[attr-defined]
    assert isinstance(await answer(tools, second.attempt, totp=code_now(tools, app)), Complete)


async def test_counts_wrong_codes_with_wrong_passwords(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    attempt = (await pending(tools)).attempt
    with pytest.raises(SignInFailed):
        await begin(tools, "wrong")
    for problem in (SignInFailed, SignInFailed, TooManyAttempts):
        with pytest.raises(problem):
            await answer(tools, attempt, totp="no code")
    # The right one is not even looked at; and knowing the password unlocks nothing.
    with pytest.raises(TooManyAttempts):
        await answer(tools, attempt, totp=code_now(tools, app))
    with pytest.raises(TooManyAttempts):
        await begin(tools)


async def test_skips_repeats_and_reorders_no_step(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    # Out of order: the code first, with or without the password beside it.
    opened = await begin(tools, None)
    assert isinstance(opened, Pending)
    assert next(prompt.name for prompt in opened.prompts) == "password"
    with pytest.raises(InvalidInput):
        await answer(tools, opened.attempt, totp=code_now(tools, app))
    both = await answer(tools, opened.attempt, password=PASSWORD, totp=code_now(tools, app))
    assert isinstance(both, Pending)
    # Repeated: the first step is over, also when its answer is right. Empty: nothing moves.
    for answers in ({"password": PASSWORD}, {}, {"totp_": "1"}, {"method": "password"}, {"method": "totp"}):
        with pytest.raises(InvalidInput):
            await answer(tools, both.attempt, **answers)
    for empty in ("", " "):
        with pytest.raises(SignInFailed):
            await answer(tools, both.attempt, totp=empty)
    assert isinstance(await answer(tools, both.attempt, totp=code_now(tools, app)), Complete)
    assert len(await logged(tools, type_="session.started")) == 1


async def test_sets_an_app_up_within_a_sign_in_that_requires_one(tools: Tools) -> None:
    ada = await make_user(tools)
    changed(tools, SignInSettings, second_factor="required")
    step = await pending(tools)
    (prompt,) = [prompt for prompt in step.prompts if prompt.name == "totp"]
    assert prompt.data is not None
    assert prompt.data["uri"].startswith("otpauth://totp/Doorward:ada@example.com?secret=" + prompt.data["secret"])
    with pytest.raises(SignInFailed):
        await answer(tools, step.attempt, totp="000000x")
    async with tools.reading(operator()) as tx:
        assert await credentials_of(tx, ada.id, "totp") == []
    code = code_now(tools, prompt.data["secret"])
    outcome = await answer(tools, step.attempt, totp=code)
    assert isinstance(outcome, Complete)
    assert "mfa" in outcome.session.methods
    async with tools.reading(operator()) as tx:
        (row,) = await credentials_of(tx, ada.id, "totp")
        assert unseal(tools.sealer, row)["secret"] == prompt.data["secret"]
    again = await pending(tools)
    assert [prompt.data for prompt in again.prompts if prompt.name == "totp"] == [None]
    with pytest.raises(SignInFailed):
        await answer(tools, again.attempt, totp=code)


async def test_lets_secrets_of_other_products_sign_in(tools: Tools) -> None:
    ada = await make_user(tools)
    secret = "JBSWY3DPEHPK3PXP"
    async with tools.writing(operator()) as tx:
        await add_credential(tx, user_id=ada.id, method="totp", data={"secret": secret})
    outcome = await answer(tools, (await pending(tools)).attempt, totp=code_now(tools, secret))
    assert isinstance(outcome, Complete)


async def test_counts_an_app_that_was_removed_meanwhile_for_nothing(tools: Tools) -> None:
    from doorward.domain.credentials.keep import remove_credentials

    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    attempt = (await pending(tools)).attempt
    async with tools.writing(operator()) as tx:
        await remove_credentials(tx, ada.id, "totp")
    with pytest.raises(InvalidInput):
        await answer(tools, attempt, totp=code_now(tools, app))
