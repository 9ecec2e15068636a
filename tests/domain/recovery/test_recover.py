"""A forgotten password is replaced by whoever reads the account's mail; nobody else learns or gains anything."""

from __future__ import annotations

import pytest

from doorward.domain.access.authenticate import authenticate_token
from doorward.domain.credentials.keep import add_credential, credentials_of
from doorward.domain.methods.password.choose import change_my_password
from doorward.domain.one_time.links import follow_link, look_at_link
from doorward.domain.one_time.problems import CodeWrong, LinkNeedsMore
from doorward.domain.one_time.values import Kind, link_of, make_value
from doorward.domain.recovery.ask import RECOVERY, ask_recovery
from doorward.domain.recovery.reset import answer_recovery
from doorward.domain.recovery.settings import RecoverySettings
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.users.delete import delete_user
from doorward.domain.users.emails import add_email, list_emails, make_primary, verify_email
from doorward.domain.users.problems import UserSuspended
from doorward.domain.users.store import UserRow
from doorward.domain.users.suspend import suspend_user
from doorward.domain.verification.ask import VERIFY
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.problem import InvalidInput, Unauthenticated
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.people import PASSWORD, make_user
from tests.make.post import Letter, PostOffice
from tests.make.tools import MovableClock

pytestmark = pytest.mark.integration

NEW = "quite another sentence 7"


def ahead(tools: Tools, **by: float) -> None:
    assert isinstance(tools.clock, MovableClock)
    tools.clock.advance(**by)


async def ask(tools: Tools, identifier: str = "ada@example.com") -> str:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await ask_recovery(tx, identifier)


async def answer(
    tools: Tools, attempt: str, *, code: str | None = None, token: str | None = None, password: str = NEW
) -> None:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        await answer_recovery(tx, attempt=attempt, code=code, token=token, new_password=password)


async def signed_in(tools: Tools, password: str = PASSWORD, identifier: str = "ada@example.com") -> Complete:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        done = await begin_sign_in(tx, identifier=identifier, password=password)
    assert isinstance(done, Complete)
    return done


async def asked(tools: Tools, post: PostOffice, identifier: str = "ada@example.com") -> tuple[str, Letter]:
    attempt = await ask(tools, identifier)
    return attempt, await post.only(tools)


@pytest.fixture
async def ada(tools: Tools) -> UserRow:
    return await make_user(tools, username="ada", email_verified=True)


async def test_replaces_the_password_by_the_code_and_ends_all_sessions(
    tools: Tools, post: PostOffice, ada: UserRow
) -> None:
    before = await signed_in(tools)
    attempt, letter = await asked(tools, post)
    await answer(tools, attempt, code=letter.code)
    assert before.access_token is not None
    with pytest.raises(Unauthenticated):
        await authenticate_token(tools, before.access_token, ORIGIN)
    with pytest.raises(SignInFailed):
        await signed_in(tools)
    await signed_in(tools, NEW)
    types = [event.type for event in await logged(tools, user_id=ada.id)]
    assert types.count("password.changed") == types.count("account.recovered") == 1
    (notice,) = await post.collect(tools)
    assert notice.subject == "Your password was changed"


async def test_replaces_the_password_by_the_link(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    _, letter = await asked(tools, post, "ada")
    assert letter.to == "ada@example.com"
    async with tools.reading(anonymous()) as tx:
        seen = await look_at_link(tx, letter.token)
    assert (seen.purpose, seen.needs) == ("recovery", "new-password")
    assert seen.attempt is not None
    with pytest.raises(LinkNeedsMore):
        async with tools.writing(anonymous()) as tx:
            await follow_link(tx, letter.token)
    await answer(tools, seen.attempt, token=letter.token)
    await signed_in(tools, NEW)


@pytest.mark.parametrize("second", ["code", "token"])
async def test_works_once(tools: Tools, post: PostOffice, ada: UserRow, second: str) -> None:
    attempt, letter = await asked(tools, post)
    await answer(tools, attempt, code=letter.code)
    given = {"code": letter.code} if second == "code" else {"token": letter.token}
    with pytest.raises(CodeWrong):
        await answer(tools, attempt, **given, password="still another phrase 3")
    await signed_in(tools, NEW)


async def test_is_dead_after_its_time(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    attempt, letter = await asked(tools, post)
    ahead(tools, seconds=tools.section(RecoverySettings).seconds + 1)
    for given in ({"code": letter.code}, {"token": letter.token}):
        with pytest.raises(CodeWrong):
            await answer(tools, attempt, **given)


async def test_is_dead_once_the_password_was_changed(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    attempt, letter = await asked(tools, post)
    async with tools.writing(as_user(ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new="still another phrase 3")
    for given in ({"code": letter.code}, {"token": letter.token}):
        with pytest.raises(CodeWrong):
            await answer(tools, attempt, **given)


async def test_is_dead_once_the_primary_address_was_changed(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    async with tools.writing(operator()) as tx:
        other = await add_email(tx, ada.id, "new@example.com", verified=True)
    await post.collect(tools)
    attempt, letter = await asked(tools, post)
    async with tools.writing(as_user(ada)) as tx:
        await make_primary(tx, ada.id, other.id)
    with pytest.raises(CodeWrong):
        await answer(tools, attempt, code=letter.code)


async def test_is_dead_once_another_was_used(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    first, letter = await asked(tools, post)
    second, newer = await asked(tools, post)
    await answer(tools, second, code=newer.code)
    with pytest.raises(CodeWrong):
        await answer(tools, first, token=letter.token)


async def test_takes_links_of_no_other_kind(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    attempt, letter = await asked(tools, post)
    async with tools.writing(operator()) as tx:
        from datetime import timedelta

        others = [
            link_of(tools, kind, await make_value(tx, kind, user_id=ada.id, data={}, lifetime=timedelta(hours=1)))
            for kind in (VERIFY, Kind("other", "re"))
        ]
    for text in (*others, letter.token.replace("dwre_", "dwve_"), letter.token[:-3], attempt, "", "x" * 500):
        with pytest.raises(CodeWrong):
            await answer(tools, attempt, token=text)


async def test_takes_a_link_under_no_other_attempt(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    _, letter = await asked(tools, post)
    other = await ask(tools, "nobody@example.com")
    with pytest.raises(CodeWrong):
        await answer(tools, other, token=letter.token)


async def test_keeps_the_link_when_the_new_password_is_refused(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    attempt, letter = await asked(tools, post)
    for password in ("short", "password", "ada@example.com"):
        with pytest.raises(InvalidInput) as refused:
            await answer(tools, attempt, code=letter.code, password=password)
        assert refused.value.errors[0].pointer == "/new_password"
    await answer(tools, attempt, code=letter.code)


async def test_answers_alike_for_everybody(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    for email in ("suspended@example.com", "deleted@example.com"):
        user = await make_user(tools, email, email_verified=True)
        async with tools.writing(operator()) as tx:
            await (suspend_user if "susp" in email else delete_user)(tx, user.id)
    lengths = set()
    for identifier in (
        "ada@example.com",
        "nobody@example.com",
        "nobody",
        "suspended@example.com",
        "deleted@example.com",
    ):
        attempt = await ask(tools, identifier)
        lengths.add(len(attempt))
        with pytest.raises(CodeWrong):
            await answer(tools, attempt, code="00000000")
    assert len(lengths) == 1
    assert [letter.to for letter in await post.collect(tools)] == ["ada@example.com"]


async def test_lets_nobody_in_who_was_suspended_meanwhile(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    attempt, letter = await asked(tools, post)
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, ada.id)
    with pytest.raises(UserSuspended):
        await answer(tools, attempt, code=letter.code)


async def test_counts_wrong_codes_apart_from_signing_in(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    with pytest.raises(TooManyAttempts):
        for _ in range(20):
            attempt = await ask(tools)
            with pytest.raises(CodeWrong):
                await answer(tools, attempt, code="00000000")
    await signed_in(tools)
    with pytest.raises(TooManyAttempts):
        # By whatever name the account is called.
        await answer(tools, await ask(tools, "ada"), code="00000000")


async def test_counts_wrong_codes_for_nobody_too(tools: Tools, post: PostOffice) -> None:
    with pytest.raises(TooManyAttempts):
        for _ in range(20):
            attempt = await ask(tools, "nobody@example.com")
            with pytest.raises(CodeWrong):
                await answer(tools, attempt, code="00000000")


async def test_lifts_a_lock(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    with pytest.raises(TooManyAttempts):
        for _ in range(20):
            with pytest.raises(SignInFailed):
                await signed_in(tools, "wrong wrong wrong")
    with pytest.raises(TooManyAttempts):
        await signed_in(tools)
    attempt = await ask(tools)
    letter = (await post.collect(tools))[-1]
    await answer(tools, attempt, code=letter.code)
    await signed_in(tools, NEW)


async def test_verifies_the_address_that_it_came_to(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    async with tools.writing(operator()) as tx:
        other = await add_email(tx, ada.id, "second@example.com", verified=True)
    await post.collect(tools)
    attempt, letter = await asked(tools, post, "second@example.com")
    assert letter.to == "second@example.com"
    await answer(tools, attempt, code=letter.code)
    del other
    await signed_in(tools, NEW)


async def test_goes_to_no_address_that_nobody_verified(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    async with tools.writing(as_user(ada)) as tx:
        await add_email(tx, ada.id, "typo@example.com")
    await post.collect(tools)
    await ask(tools, "typo@example.com")
    assert await post.collect(tools) == []


async def test_gives_an_account_made_in_advance_to_the_owner_of_its_address(tools: Tools, post: PostOffice) -> None:
    made = await make_user(tools)  # by somebody who hopes that Ada will use it
    async with tools.writing(as_user(made)) as tx:
        trojan = await add_email(tx, made.id, "eve@example.com")
        await add_credential(tx, user_id=made.id, method="passkey", data={"of": "eve"}, lookup_key="eve")
    async with tools.writing(operator()) as tx:
        await verify_email(tx, made.id, trojan.id)
    before = await signed_in(tools)
    await post.collect(tools)
    attempt, letter = await asked(tools, post)
    await answer(tools, attempt, code=letter.code)
    async with tools.reading(operator()) as tx:
        assert [credential.method for credential in await credentials_of(tx, made.id)] == ["password"]
        assert [row.address for row in await list_emails(tx, made.id)] == ["ada@example.com"]
    with pytest.raises(SignInFailed):
        await signed_in(tools)
    assert before.access_token is not None
    with pytest.raises(Unauthenticated):
        await authenticate_token(tools, before.access_token, ORIGIN)
    done = await signed_in(tools, NEW)
    assert done.user.email_verified
    assert "account.claimed" in [event.type for event in await logged(tools, user_id=made.id)]


async def test_keeps_the_second_factor_of_a_verified_owner(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    async with tools.writing(operator()) as tx:
        await add_credential(tx, user_id=ada.id, method="passkey", data={"of": "ada"}, lookup_key="ada")
    attempt, letter = await asked(tools, post)
    await answer(tools, attempt, code=letter.code)
    async with tools.reading(operator()) as tx:
        assert sorted(each.method for each in await credentials_of(tx, ada.id)) == ["passkey", "password"]


async def test_uses_the_issuer_and_no_purpose_twice(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    from doorward.domain.one_time.links import Links

    kinds = [purpose.kind for purpose in tools.hold(Links).all]
    assert len({kind.prefix for kind in kinds}) == len(kinds)
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert RECOVERY in kinds
    _, letter = await asked(tools, post)
    assert letter.link.startswith("http://127.0.0.1:8000/v1/links?token=dwre_")
