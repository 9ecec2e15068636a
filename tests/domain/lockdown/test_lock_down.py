"""People are told what happened to their accounts, and can say that it was not they."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from doorward.domain.access.authenticate import authenticate_token
from doorward.domain.credentials.events import FactorAdded, FactorRemoved
from doorward.domain.credentials.keep import add_credential, credentials_of
from doorward.domain.lockdown.notices import NOTICES
from doorward.domain.lockdown.settings import LockdownSettings
from doorward.domain.messages.texts.english import ENGLISH
from doorward.domain.methods.password.choose import change_my_password, set_password
from doorward.domain.methods.recovery_code.events import RecoveryCodeUsed
from doorward.domain.one_time.links import follow_link, look_at_link
from doorward.domain.one_time.problems import CodeWrong, LinkInvalid
from doorward.domain.recovery.ask import ask_recovery
from doorward.domain.recovery.reset import answer_recovery
from doorward.domain.risk.devices import Client, devices_of
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.risk.settings import LockoutSettings
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.factor_reset import begin_factor_reset
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.users.emails import add_email, list_emails, make_primary, remove_email
from doorward.domain.users.store import EmailRow, UserRow
from doorward.infra.geoip import GeoipSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, Origin, anonymous, operator
from doorward.kernel.event import Event
from doorward.kernel.problem import Unauthenticated
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.authenticator_app import give_app, give_codes
from tests.make.people import PASSWORD, make_user
from tests.make.places import write_places
from tests.make.post import Letter, PostOffice
from tests.make.tools import MovableClock, changed

pytestmark = pytest.mark.integration

NEW = "quite another sentence 7"


def ahead(tools: Tools, **by: float) -> None:
    assert isinstance(tools.clock, MovableClock)
    tools.clock.advance(**by)


def acting(tools: Tools, user: UserRow, *permissions: str) -> Actor:
    """The user, who has just proved who they are."""
    return as_user(user, *permissions)._replace(authenticated_at=tools.clock.now())


async def signed_in(tools: Tools, password: str = PASSWORD) -> Complete:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        done = await begin_sign_in(tx, identifier="ada@example.com", password=password)
    assert isinstance(done, Complete)
    return done


async def follow(tools: Tools, letter: Letter) -> str:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await follow_link(tx, letter.token)


async def emails(tools: Tools, user: UserRow) -> dict[str, EmailRow]:
    async with tools.reading(operator()) as tx:
        return {row.address: row for row in await list_emails(tx, user.id)}


async def added(tools: Tools, user: UserRow, address: str) -> EmailRow:
    async with tools.writing(operator()) as tx:
        return await add_email(tx, user.id, address, verified=True)


@pytest.fixture
async def ada(tools: Tools) -> UserRow:
    user = await make_user(tools, email_verified=True, locale="en")
    ahead(tools, days=30)
    return user


async def test_tells_of_a_changed_password_with_where_it_came_from(
    tools: Tools, post: PostOffice, ada: UserRow
) -> None:
    async with tools.writing(acting(tools, ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new=NEW)
    letter = await post.only(tools)
    assert (letter.to, letter.subject) == ("ada@example.com", "Your password was changed")
    assert "Browser: Firefox on Linux" in letter.text
    assert f"Address: {ORIGIN.address}" in letter.text
    assert "When: 2" in letter.text
    assert NEW not in letter.text


async def test_tells_of_a_new_device_with_browser_address_and_place(
    tools: Tools, post: PostOffice, ada: UserRow, tmp_path: Path
) -> None:
    found = {"city": {"names": {"en": "Lyon"}}, "country": {"names": {"en": "France"}}}
    changed(tools, GeoipSettings, database=write_places(tmp_path / "places.mmdb", "203.0.113.0/24", found))
    # The first device of all is no news.
    for origin in (Origin("198.51.100.1", "curl/8.5.0"), ORIGIN):
        async with tools.writing(anonymous(origin)) as tx:
            await begin_sign_in(
                tx, identifier="ada@example.com", password=PASSWORD, kind="cookie", client=Client(None, keeps=True)
            )
    letter = await post.only(tools)
    assert letter.subject == "A new device signed in"
    assert "Browser: Firefox on Linux" in letter.text
    assert f"Address: {ORIGIN.address}" in letter.text
    assert "Place: Lyon, France" in letter.text


async def test_says_nothing_of_the_administrator_who_did_it(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    root = await make_user(tools, "root@example.com", roles=["admin"])
    async with tools.writing(acting(tools, root, "*")) as tx:
        await set_password(tx, ada.id, NEW)
    letter = await post.only(tools)
    assert "Browser" not in letter.text
    assert str(ORIGIN.address) not in letter.text


async def test_tells_of_addresses_that_come_and_go(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    row = await added(tools, ada, "second@example.com")
    letter = await post.only(tools)
    assert (letter.to, letter.subject) == ("ada@example.com", "An email address was added")
    assert "Email address: second@example.com" in letter.text
    async with tools.writing(acting(tools, ada)) as tx:
        await remove_email(tx, ada.id, row.id)
    assert (await post.only(tools)).subject == "An email address was removed"


async def test_tells_older_verified_addresses_too_and_no_young_ones(
    tools: Tools, post: PostOffice, ada: UserRow
) -> None:
    await added(tools, ada, "old@example.com")
    ahead(tools, days=8)
    await added(tools, ada, "young@example.com")
    await post.collect(tools)
    async with tools.writing(acting(tools, ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new=NEW)
    assert sorted(letter.to for letter in await post.collect(tools)) == ["ada@example.com", "old@example.com"]


async def test_tells_nothing_where_that_is_off_or_the_change_is_taken_back(
    tools: Tools, post: PostOffice, ada: UserRow
) -> None:
    with pytest.raises(RuntimeError):
        async with tools.writing(acting(tools, ada)) as tx:
            await change_my_password(tx, current=PASSWORD, new=NEW)
            raise RuntimeError
    changed(tools, LockdownSettings, notices=False)
    async with tools.writing(acting(tools, ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new=NEW)
    assert await post.collect(tools) == []


async def test_locks_down_what_an_intruder_could_use(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    async with tools.writing(operator()) as tx:
        await add_credential(tx, user_id=ada.id, method="passkey", data={"of": "ada"}, lookup_key="ada")
    ahead(tools, days=30)
    intruder = await signed_in(tools)
    async with tools.writing(acting(tools, ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new=NEW)
        await add_credential(tx, user_id=ada.id, method="passkey", data={"of": "eve"}, lookup_key="eve")
    (notice,) = await post.collect(tools)
    async with tools.reading(operator()) as tx:
        assert len(await devices_of(tx, ada.id)) == 1
    await added(tools, ada, "eve@example.com")
    async with tools.writing(anonymous(ORIGIN)) as tx:
        attempt = await ask_recovery(tx, "eve@example.com")
    to_eve = next(letter for letter in await post.collect(tools) if letter.to == "eve@example.com")
    async with tools.reading(anonymous()) as tx:
        assert (await look_at_link(tx, notice.token)).purpose == "lockdown"

    assert await follow(tools, notice) == "lockdown"

    assert intruder.access_token is not None
    with pytest.raises(Unauthenticated):
        await authenticate_token(tools, intruder.access_token, ORIGIN)
    for password in (PASSWORD, NEW):
        with pytest.raises(SignInFailed):
            await signed_in(tools, password)
    with pytest.raises(CodeWrong):
        async with tools.writing(anonymous(ORIGIN)) as tx:
            await answer_recovery(tx, attempt=attempt, token=to_eve.token, new_password=NEW)
    assert list(await emails(tools, ada)) == ["ada@example.com"]
    async with tools.reading(operator()) as tx:
        assert [row.lookup_key for row in await credentials_of(tx, ada.id)] == ["ada"]
        assert await devices_of(tx, ada.id) == [], "the intruder's browser is a stranger again"
    told = {letter.subject for letter in await post.collect(tools)}
    assert "Your account was locked down" in told
    with pytest.raises(LinkInvalid):
        await follow(tools, notice)
    assert "account.locked_down" in [event.type for event in await logged(tools, user_id=ada.id)]


async def test_lets_the_owner_back_in_by_recovery(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    async with tools.writing(acting(tools, ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new=NEW)
    await follow(tools, await post.only(tools))
    await post.collect(tools)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        attempt = await ask_recovery(tx, "ada@example.com")
    letter = await post.only(tools)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        await answer_recovery(tx, attempt=attempt, code=letter.code, new_password="still another phrase 3")
    await signed_in(tools, "still another phrase 3")


async def test_locks_down_for_some_days_only(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    async with tools.writing(acting(tools, ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new=NEW)
    notice = await post.only(tools)
    ahead(tools, days=tools.section(LockdownSettings).link_days, seconds=1)
    with pytest.raises(LinkInvalid):
        await follow(tools, notice)


async def changed_primary(tools: Tools, post: PostOffice, ada: UserRow) -> Letter:
    """What the former primary address is told after an intruder made another one primary."""
    row = await added(tools, ada, "eve@example.com")
    await post.collect(tools)
    async with tools.writing(acting(tools, ada)) as tx:
        await make_primary(tx, ada.id, row.id)
    return await post.only(tools)


async def test_takes_a_change_of_the_primary_address_back(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    intruder = await signed_in(tools)
    letter = await changed_primary(tools, post, ada)
    assert (letter.to, letter.subject) == ("ada@example.com", "Your main email address was changed")
    assert await follow(tools, letter) == "undo-primary-email"
    rows = await emails(tools, ada)
    assert list(rows) == ["ada@example.com"]
    assert rows["ada@example.com"].is_primary
    assert intruder.access_token is not None
    with pytest.raises(Unauthenticated):
        await authenticate_token(tools, intruder.access_token, ORIGIN)
    with pytest.raises(SignInFailed):
        await signed_in(tools)


async def test_takes_it_back_even_after_the_former_address_was_removed_and_all_was_locked_down(
    tools: Tools, post: PostOffice, ada: UserRow
) -> None:
    letter = await changed_primary(tools, post, ada)
    former = (await emails(tools, ada))["ada@example.com"]
    async with tools.writing(acting(tools, ada)) as tx:
        await remove_email(tx, ada.id, former.id)
    async with tools.writing(acting(tools, ada)) as tx:
        await change_my_password(tx, current=PASSWORD, new=NEW)
    to_eve = next(each for each in await post.collect(tools) if each.subject == "Your password was changed")
    assert to_eve.to == "eve@example.com"
    await follow(tools, to_eve)
    await follow(tools, letter)
    assert list(await emails(tools, ada)) == ["ada@example.com"]


async def test_takes_nothing_back_when_the_address_is_somebody_elses_by_now(
    tools: Tools, post: PostOffice, ada: UserRow
) -> None:
    letter = await changed_primary(tools, post, ada)
    former = (await emails(tools, ada))["ada@example.com"]
    async with tools.writing(acting(tools, ada)) as tx:
        await remove_email(tx, ada.id, former.id)
    await make_user(tools, "ada@example.com")
    with pytest.raises(LinkInvalid):
        await follow(tools, letter)


async def test_takes_it_back_for_some_days_only(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    letter = await changed_primary(tools, post, ada)
    ahead(tools, seconds=timedelta(days=tools.section(LockdownSettings).undo_days).total_seconds() + 1)
    with pytest.raises(LinkInvalid):
        await follow(tools, letter)


async def test_gives_no_link_to_an_address_that_nobody_verified(tools: Tools, post: PostOffice) -> None:
    user = await make_user(tools, "typo@example.com")
    row = await added(tools, user, "ada@example.com")
    await post.collect(tools)
    async with tools.writing(acting(tools, user)) as tx:
        await make_primary(tx, user.id, row.id)
    assert await post.collect(tools) == []


async def test_tells_of_a_lock_and_lifts_it_by_the_link(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    with pytest.raises(TooManyAttempts):
        for _ in range(20):
            ahead(tools, seconds=tools.section(LockoutSettings).lock_seconds - 1)
            with pytest.raises(SignInFailed):
                await signed_in(tools, "wrong wrong wrong")
    with pytest.raises(TooManyAttempts):
        await signed_in(tools)
    letter = await post.only(tools)
    assert (letter.to, letter.subject) == ("ada@example.com", "Too many failed attempts to sign in")
    assert await follow(tools, letter) == "unlock"
    await signed_in(tools)
    with pytest.raises(LinkInvalid):
        await follow(tools, letter)


async def test_asks_to_verify_an_address_that_was_added(tools: Tools, post: PostOffice, ada: UserRow) -> None:
    async with tools.writing(acting(tools, ada)) as tx:
        await add_email(tx, ada.id, "second@example.com")
    told = {letter.to: letter.subject for letter in await post.collect(tools)}
    assert told == {"ada@example.com": "An email address was added", "second@example.com": "Confirm your email address"}


@pytest.mark.parametrize("event", [FactorAdded(method="totp"), FactorRemoved(method="totp"), RecoveryCodeUsed(left=2)])
async def test_tells_of_factors(tools: Tools, post: PostOffice, ada: UserRow, event: Event) -> None:
    async with tools.writing(acting(tools, ada)) as tx:
        await tx.db.begin()
        tx.emit(replace(event, user_id=ada.id))
    letter = await post.only(tools)
    assert letter.token.startswith("dwlo_")
    assert ("Codes left: 2" in letter.text) == isinstance(event, RecoveryCodeUsed)
    assert ("Sign-in method: totp" in letter.text) != isinstance(event, RecoveryCodeUsed)


def test_has_a_text_for_every_notice() -> None:
    assert set(NOTICES.values()) <= ENGLISH.texts.keys()


async def test_tells_of_used_recovery_codes_and_of_a_reset_with_what_takes_it_back(
    tools: Tools, post: PostOffice, ada: UserRow
) -> None:
    await give_app(tools, ada.id)
    codes = await give_codes(tools, ada.id)
    await post.collect(tools)
    for code in codes[:7]:
        async with tools.writing(anonymous(ORIGIN)) as tx:
            step = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD)
        assert isinstance(step, Pending)
        async with tools.writing(anonymous(ORIGIN)) as tx:
            await answer_sign_in(tx, attempt=step.attempt, answers={"recovery_code": code})
    letters = await post.collect(tools)
    assert {letter.subject for letter in letters} == {"A recovery code was used"}
    # Mail keeps no order.
    assert any("Codes left: 3" in letter.text for letter in letters)
    (low,) = await logged(tools, type_="recovery_codes.low")
    assert low.data == {"left": 3}
    await added(tools, ada, "ada.two@example.com")
    await post.collect(tools)
    async with tools.writing(operator()) as tx:
        await begin_factor_reset(tx, ada.id, reason="Lost phone")
    letters = await post.collect(tools)
    assert {letter.to for letter in letters} == {"ada@example.com", "ada.two@example.com"}
    assert all("Lost phone" in letter.text for letter in letters)
    assert await follow(tools, letters[0]) == "factor-reset"
    assert len(await logged(tools, type_="factor_reset.cancelled")) == 1
