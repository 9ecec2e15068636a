"""Addresses are verified by whoever reads their mail: by a code or a link, once, and telling strangers nothing."""

from __future__ import annotations

import pytest

from doorward.domain.one_time.links import follow_link, look_at_link
from doorward.domain.one_time.problems import CodeWrong, LinkInvalid
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_up.sign_up import sign_up
from doorward.domain.users.emails import add_email, list_emails, remove_email
from doorward.domain.users.problems import EmailNotFound, EmailTaken
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.domain.users.store import UserRow
from doorward.domain.users.suspend import suspend_user
from doorward.domain.verification.ask import ask_my_verification, ask_verification
from doorward.domain.verification.confirm import answer_verification
from doorward.domain.verification.settings import VerificationSettings
from doorward.infra.mailer.settings import MailSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.people import PASSWORD, make_user
from tests.make.post import PostOffice
from tests.make.tools import MovableClock, changed

pytestmark = pytest.mark.integration


def ahead(tools: Tools, **by: float) -> None:
    assert isinstance(tools.clock, MovableClock)
    tools.clock.advance(**by)


async def signed_up(tools: Tools, email: str = "ada@example.com") -> UserRow:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        row = await sign_up(tx, {"email": email}, password=PASSWORD)
    assert isinstance(row, UserRow)
    return row


async def ask(tools: Tools, email: str = "ada@example.com") -> str:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await ask_verification(tx, email)


async def answer(tools: Tools, attempt: str, code: str) -> None:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        await answer_verification(tx, attempt=attempt, code=code)


async def follow(tools: Tools, token: str) -> str:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await follow_link(tx, token)


async def is_verified(tools: Tools, user: UserRow) -> list[bool]:
    async with tools.reading(operator()) as tx:
        return [row.verified_at is not None for row in await list_emails(tx, user.id)]


async def test_asks_at_sign_up_and_verifies_by_the_link(tools: Tools, post: PostOffice) -> None:
    user = await signed_up(tools)
    letter = await post.only(tools)
    assert letter.to == "ada@example.com"
    assert letter.link.startswith("http://127.0.0.1:8000/v1/links?token=dwve_")
    async with tools.reading(anonymous()) as tx:
        for _ in range(3):
            seen = await look_at_link(tx, letter.token)
    assert (seen.purpose, seen.needs, seen.attempt) == ("verify-email", "confirm", None)
    assert await is_verified(tools, user) == [False], "looking verifies nothing: scanners look at every link"
    assert await follow(tools, letter.token) == "verify-email"
    assert await is_verified(tools, user) == [True]
    assert [event.type for event in await logged(tools, user_id=user.id)] == ["user.created", "email.verified"]
    with pytest.raises(LinkInvalid):
        await follow(tools, letter.token)


async def test_asks_nothing_at_sign_up_where_that_is_off(tools: Tools, post: PostOffice) -> None:
    changed(tools, SignUpSettings, verify_email="off")
    await signed_up(tools)
    assert await post.collect(tools) == []


async def test_verifies_by_the_code_once(tools: Tools, post: PostOffice) -> None:
    user = await make_user(tools)
    attempt = await ask(tools, "ADA@example.com")
    letter = await post.only(tools)
    await answer(tools, attempt, f" {letter.code[:4]}-{letter.code[4:]} ")
    assert await is_verified(tools, user) == [True]
    with pytest.raises(CodeWrong):
        await answer(tools, attempt, letter.code)


async def test_takes_the_code_of_no_other_request(tools: Tools, post: PostOffice) -> None:
    await make_user(tools)
    await make_user(tools, "eve@example.com")
    await ask(tools)
    letter = await post.only(tools)
    other = await ask(tools, "eve@example.com")
    with pytest.raises(CodeWrong):
        await answer(tools, other, letter.code)
    for text in ("", "dwat_x", letter.token, other[:-2]):
        with pytest.raises(CodeWrong):
            await answer(tools, text, letter.code)


async def test_takes_the_name_of_a_request_for_no_link(tools: Tools, post: PostOffice) -> None:
    await make_user(tools)
    attempt = await ask(tools)
    for text in (attempt, "dwve_" + attempt.partition("_")[2]):
        with pytest.raises(LinkInvalid):
            await follow(tools, text)


async def test_ends_a_code_after_some_wrong_tries(tools: Tools, post: PostOffice) -> None:
    user = await make_user(tools)
    attempt = await ask(tools)
    letter = await post.only(tools)
    for _ in range(tools.section(VerificationSettings).tries):
        with pytest.raises(CodeWrong):
            await answer(tools, attempt, "00000000")
        ahead(tools, seconds=60)
    with pytest.raises(CodeWrong):
        await answer(tools, attempt, letter.code)
    # The link of the mail is no guess, and goes on working.
    await follow(tools, letter.token)
    assert await is_verified(tools, user) == [True]


async def test_slows_guessing_down_without_touching_sign_in(tools: Tools, post: PostOffice) -> None:
    await make_user(tools)
    with pytest.raises(TooManyAttempts):
        for _ in range(20):
            attempt = await ask(tools)
            with pytest.raises(CodeWrong):
                await answer(tools, attempt, "00000000")
    async with tools.writing(anonymous(ORIGIN)) as tx:
        assert isinstance(await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD), Complete)


async def test_ends_with_time(tools: Tools, post: PostOffice) -> None:
    await make_user(tools)
    attempt = await ask(tools)
    letter = await post.only(tools)
    ahead(tools, seconds=tools.section(VerificationSettings).seconds + 1)
    with pytest.raises(CodeWrong):
        await answer(tools, attempt, letter.code)
    with pytest.raises(LinkInvalid):
        await follow(tools, letter.token)


async def test_answers_alike_where_there_is_nothing_to_verify(tools: Tools, post: PostOffice) -> None:
    await make_user(tools, "verified@example.com", email_verified=True)
    suspended = await make_user(tools, "suspended@example.com")
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, suspended.id)
    for email in ("nobody@example.com", "verified@example.com", "suspended@example.com", "no address", ""):
        attempt = await ask(tools, email)
        assert attempt.startswith("dwat_")
        with pytest.raises(CodeWrong):
            await answer(tools, attempt, "00000000")
    assert await post.collect(tools) == []


async def test_writes_to_the_address_as_it_is_stored(tools: Tools, post: PostOffice) -> None:
    await make_user(tools, "Ada@example.com")
    # Folds to the same key, and is another mailbox elsewhere.
    await ask(tools, "aDA@EXAMPLE.com")
    assert (await post.only(tools)).to == "Ada@example.com"


async def test_verifies_further_addresses_of_ones_own(tools: Tools, post: PostOffice) -> None:
    user = await make_user(tools, email_verified=True)
    other = await make_user(tools, "eve@example.com")
    async with tools.writing(as_user(user)) as tx:
        added = await add_email(tx, user.id, "second@example.com")
    await post.collect(tools)
    async with tools.writing(as_user(user)) as tx:
        attempt = await ask_my_verification(tx, added.id)
    letter = await post.only(tools)
    assert letter.to == "second@example.com"
    await answer(tools, attempt, letter.code)
    assert await is_verified(tools, user) == [True, True]
    with pytest.raises(EmailNotFound):
        async with tools.writing(as_user(other)) as tx:
            await ask_my_verification(tx, added.id)


async def test_verifies_no_address_that_was_removed_meanwhile(tools: Tools, post: PostOffice) -> None:
    user = await make_user(tools, email_verified=True)
    async with tools.writing(as_user(user)) as tx:
        added = await add_email(tx, user.id, "second@example.com")
        await ask_my_verification(tx, added.id)
    letter = next(each for each in await post.collect(tools) if each.to == "second@example.com")
    async with tools.writing(as_user(user)) as tx:
        await remove_email(tx, user.id, added.id)
    await make_user(tools, "second@example.com")
    with pytest.raises(LinkInvalid):
        await follow(tools, letter.token)


async def test_leads_where_the_operator_says(tools: Tools, post: PostOffice) -> None:
    changed(tools, MailSettings, link_url="https://app.example.com/{purpose}?token={token}")
    await signed_up(tools)
    assert (await post.only(tools)).link.startswith("https://app.example.com/verify-email?token=dwve_")


async def test_is_a_stage_of_signing_in_where_required(tools: Tools, post: PostOffice) -> None:
    changed(tools, SignUpSettings, verify_email="required")
    await make_user(tools)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        pending = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD)
    assert isinstance(pending, Pending)
    assert [(prompt.name, prompt.kind) for prompt in pending.prompts] == [("email_verification", "code")]
    letter = await post.only(tools)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        done = await answer_sign_in(tx, attempt=pending.attempt, answers={"email_verification": letter.code})
    assert isinstance(done, Complete)
    assert done.user.email_verified
    assert done.session.methods == ["pwd"]
    async with tools.writing(anonymous(ORIGIN)) as tx:
        assert isinstance(await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD), Complete)


async def test_goes_on_signing_in_after_the_link_was_opened_elsewhere(tools: Tools, post: PostOffice) -> None:
    changed(tools, SignUpSettings, verify_email="required")
    await make_user(tools)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        pending = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD)
    assert isinstance(pending, Pending)
    await follow(tools, (await post.only(tools)).token)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        done = await answer_sign_in(tx, attempt=pending.attempt, answers={"email_verification": ""})
    assert isinstance(done, Complete)


async def test_requires_nothing_where_no_mail_leaves(tools: Tools) -> None:
    changed(tools, SignUpSettings, verify_email="required")
    await make_user(tools)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        assert isinstance(await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD), Complete)


async def test_lets_nobody_hold_an_address_that_they_never_verified(tools: Tools, post: PostOffice) -> None:
    squatter = await make_user(tools, "eve@example.com", email_verified=True)
    async with tools.writing(as_user(squatter)) as tx:
        await add_email(tx, squatter.id, "ada@example.com")
    owner = await signed_up(tools, "ada@example.com")
    assert owner.id != squatter.id
    assert await is_verified(tools, squatter) == [True]
    with pytest.raises(EmailTaken):
        async with tools.writing(as_user(squatter)) as tx:
            await add_email(tx, squatter.id, "ada@example.com")


async def test_tells_the_owner_and_not_the_stranger_where_addresses_are_hidden(tools: Tools, post: PostOffice) -> None:
    changed(tools, SignUpSettings, hide_existing=True)
    await make_user(tools, email_verified=True)
    for email in ("ada@example.com", "new@example.com"):
        async with tools.writing(anonymous(ORIGIN)) as tx:
            assert isinstance(await sign_up(tx, {"email": email}, password=PASSWORD), Pending)
    known, new = sorted(await post.collect(tools), key=lambda letter: letter.to)
    assert (known.to, known.subject) == ("ada@example.com", "You already have an account")
    assert (new.to, new.subject) == ("new@example.com", "Confirm your email address")
