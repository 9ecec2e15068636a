"""Signing in by a code or link from a mail: only where allowed, only in the sign-in that asked, and never as a factor."""

from __future__ import annotations

import pytest

from doorward.domain.methods.email_code.settings import EmailCodeSettings
from doorward.domain.methods.magic_link.settings import MagicLinkSettings
from doorward.domain.methods.password.choose import change_my_password
from doorward.domain.one_time.links import follow_link, look_at_link
from doorward.domain.one_time.problems import LinkNeedsMore
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.users.store import UserRow
from doorward.domain.users.suspend import suspend_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.problem import InvalidInput
from tests.make.actors import ORIGIN, as_user
from tests.make.people import PASSWORD, make_user
from tests.make.post import PostOffice
from tests.make.tools import MovableClock, changed

pytestmark = pytest.mark.integration

METHODS = {"email_code": EmailCodeSettings, "magic_link": MagicLinkSettings}


async def begin(tools: Tools, identifier: str = "ada@example.com", password: str | None = None) -> Complete | Pending:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await begin_sign_in(tx, identifier=identifier, password=password)


async def answer(tools: Tools, pending: Complete | Pending, **answers: str) -> Complete | Pending:
    assert isinstance(pending, Pending)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await answer_sign_in(tx, attempt=pending.attempt, answers=answers)


def choices(pending: Complete | Pending) -> list[str]:
    assert isinstance(pending, Pending)
    return [
        option
        for prompt in pending.prompts
        if prompt.name == "method" and prompt.data is not None
        for option in prompt.data["options"]
    ]


@pytest.fixture
async def ada(tools: Tools) -> UserRow:
    return await make_user(tools, email_verified=True)


@pytest.fixture(params=sorted(METHODS))
def method(request: pytest.FixtureRequest, tools: Tools) -> str:
    changed(tools, METHODS[request.param], mode="first")
    return str(request.param)


async def test_is_offered_only_where_allowed(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    assert choices(await begin(tools)) == []
    for name, settings in METHODS.items():
        changed(tools, settings, mode="second")
        assert choices(await begin(tools)) == []
        with pytest.raises(InvalidInput):
            await answer(tools, await begin(tools), method=name)
    for settings in METHODS.values():
        changed(tools, settings, mode="both")
    assert choices(await begin(tools)) == ["email_code", "magic_link"]
    tools.mailer = None
    assert choices(await begin(tools)) == []


async def test_signs_in_by_the_code_of_the_mail(tools: Tools, post: PostOffice, ada: UserRow, method: str) -> None:
    pending = await answer(tools, await begin(tools), method=method)
    letter = await post.only(tools)
    assert letter.to == "ada@example.com"
    done = await answer(tools, pending, **{method: letter.code})
    assert isinstance(done, Complete)
    assert done.session.methods == ["email"], "no factor in the sense of RFC 8176"


async def test_signs_in_by_the_link_where_it_was_asked_for(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    changed(tools, MagicLinkSettings, mode="first")
    pending = await answer(tools, await begin(tools), method="magic_link")
    letter = await post.only(tools)
    async with tools.reading(anonymous()) as tx:
        seen = await look_at_link(tx, letter.token)
    assert (seen.purpose, seen.needs, seen.attempt) == ("sign-in", "sign-in", None)
    with pytest.raises(LinkNeedsMore):
        async with tools.writing(anonymous()) as tx:
            await follow_link(tx, letter.token)
    # A sign-in that somebody else began cannot be finished by it.
    elsewhere = await answer(tools, await begin(tools), method="magic_link")
    await post.collect(tools)
    with pytest.raises(SignInFailed):
        await answer(tools, elsewhere, magic_link=letter.token)
    assert isinstance(await answer(tools, pending, magic_link=letter.token), Complete)


async def test_works_once(tools: Tools, post: PostOffice, ada: UserRow, method: str) -> None:
    pending = await answer(tools, await begin(tools), method=method)
    letter = await post.only(tools)
    assert isinstance(await answer(tools, pending, **{method: letter.code}), Complete)
    with pytest.raises(AttemptInvalid):
        await answer(tools, pending, **{method: letter.code})


async def test_takes_the_newest_code_only(tools: Tools, post: PostOffice, ada: UserRow, method: str) -> None:
    pending = await answer(tools, await begin(tools), method=method)
    first = await post.only(tools)
    await answer(tools, pending, method=method)
    second = await post.only(tools)
    with pytest.raises(SignInFailed):
        await answer(tools, pending, **{method: first.code})
    assert isinstance(await answer(tools, pending, **{method: second.code}), Complete)


async def test_answers_strangers_alike_and_writes_to_nobody(tools: Tools, post: PostOffice, method: str) -> None:
    unverified = await make_user(tools, "unverified@example.com")
    suspended = await make_user(tools, "suspended@example.com", email_verified=True)
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, suspended.id)
    del unverified
    shapes = set()
    for identifier in ("nobody@example.com", "unverified@example.com", "suspended@example.com", "nobody"):
        begun = await begin(tools, identifier)
        pending = await answer(tools, begun, method=method)
        assert isinstance(pending, Pending)
        shapes.add((tuple(prompt.name for prompt in pending.prompts), len(pending.attempt)))
        with pytest.raises(SignInFailed):
            await answer(tools, pending, **{method: "00000000"})
    assert len(shapes) == 1
    assert await post.collect(tools) == []


async def test_ends_after_some_wrong_codes_and_with_time(
    tools: Tools, post: PostOffice, ada: UserRow, method: str
) -> None:
    assert isinstance(tools.clock, MovableClock)
    pending = await answer(tools, await begin(tools), method=method)
    letter = await post.only(tools)
    for _ in range(tools.section(METHODS[method]).tries):
        tools.clock.advance(seconds=61)
        with pytest.raises(SignInFailed):
            await answer(tools, pending, **{method: "00000000"})
    tools.clock.advance(seconds=61)
    with pytest.raises(SignInFailed):
        await answer(tools, pending, **{method: letter.code})
    pending = await answer(tools, await begin(tools), method=method)
    letter = await post.only(tools)
    tools.clock.advance(seconds=601)
    with pytest.raises(SignInFailed):
        await answer(tools, pending, **{method: letter.code})


async def test_is_dead_once_the_password_was_changed(tools: Tools, post: PostOffice, ada: UserRow, method: str) -> None:
    pending = await answer(tools, await begin(tools), method=method)
    letter = await post.only(tools)
    async with tools.writing(as_user(ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new="quite another sentence 7")
    with pytest.raises(SignInFailed):
        await answer(tools, pending, **{method: letter.code})


async def test_stands_beside_a_password_where_that_is_allowed(
    tools: Tools, post: PostOffice, ada: UserRow, method: str
) -> None:
    changed(tools, SignInSettings, second_factor="required")
    changed(tools, METHODS[method], mode="second")
    pending = await begin(tools, password=PASSWORD)
    assert isinstance(pending, Pending)
    assert method in {prompt.name for prompt in pending.prompts}
    letter = await post.only(tools)
    done = await answer(tools, pending, **{method: letter.code})
    assert isinstance(done, Complete)
    assert done.session.methods == ["pwd", "email"], "and that is not called two factors"


async def test_is_no_second_factor_by_itself(tools: Tools, post: PostOffice, ada: UserRow, method: str) -> None:
    changed(tools, SignInSettings, second_factor="required")
    changed(tools, METHODS[method], mode="both")
    pending = await answer(tools, await begin(tools), method=method)
    letter = await post.only(tools)
    pending = await answer(tools, pending, **{method: letter.code})
    assert isinstance(pending, Pending)
    assert [prompt.name for prompt in pending.prompts] == ["password"]
    assert isinstance(await answer(tools, pending, password=PASSWORD), Complete)
