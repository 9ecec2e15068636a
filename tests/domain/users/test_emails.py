"""A user's addresses: added, verified, made primary, removed."""

from __future__ import annotations

import pytest

from doorward.domain.users.emails import add_email, list_emails, make_primary, remove_email, verify_email
from doorward.domain.users.find import find_by_anything, find_by_identifier, show_user
from doorward.domain.users.problems import EmailIsPrimary, EmailNotFound, EmailNotVerified, EmailTaken, UserNotFound
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.ids import USER, encode, new_id
from doorward.kernel.problem import Forbidden, InvalidInput, Unauthenticated
from tests.make.actors import as_user, logged
from tests.make.people import make_user

pytestmark = pytest.mark.integration


async def test_adds_an_address_that_nobody_has(tools: Tools) -> None:
    ada = await make_user(tools)
    await make_user(tools, "bob@example.com")
    async with tools.writing(as_user(ada)) as tx:
        row = await add_email(tx, ada.id, "Second@Example.com")
        assert (row.is_primary, row.verified_at) == (False, None)
        assert [each.address_key for each in await list_emails(tx, ada.id)] == [
            "ada@example.com",
            "second@example.com",
        ]
    for taken in ("BOB@example.com", "ada@example.com", "second@EXAMPLE.com"):
        with pytest.raises(EmailTaken):
            async with tools.writing(as_user(ada)) as tx:
                await add_email(tx, ada.id, taken)
    (event,) = await logged(tools, type_="email.added")
    assert (event.data, event.person and event.person["email"]) == ({}, "Second@example.com")


async def test_lets_only_administrators_call_an_address_verified(tools: Tools) -> None:
    ada = await make_user(tools)
    with pytest.raises(Forbidden):
        async with tools.writing(as_user(ada)) as tx:
            await add_email(tx, ada.id, "second@example.com", verified=True)
    async with tools.writing(operator()) as tx:
        assert (await add_email(tx, ada.id, "second@example.com", verified=True)).verified_at == tx.now
    with pytest.raises(Forbidden):
        async with tools.writing(as_user(ada)) as tx:
            await verify_email(tx, ada.id, new_id())


async def test_takes_ten_addresses_and_no_more(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(as_user(ada)) as tx:
        for number in range(9):
            await add_email(tx, ada.id, f"a{number}@example.com")
        with pytest.raises(InvalidInput) as refused:
            await add_email(tx, ada.id, "a9@example.com")
    assert refused.value.errors[0].code == "email-too-many"


async def test_verifies_once_and_shows_it_on_the_account(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        (primary,) = await list_emails(tx, ada.id)
        first = await verify_email(tx, ada.id, primary.id)
        assert first.verified_at == tx.now
    tools.clock.advance(seconds=9)  # type: ignore[attr-defined]
    async with tools.writing(operator()) as tx:
        assert await verify_email(tx, ada.id, primary.id) == first
        user = await show_user(tx, ada.id)
    assert (user.email_verified, user.version) == (True, 2)
    assert len(await logged(tools, type_="email.verified")) == 1


async def test_makes_a_verified_address_the_primary_one(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(as_user(ada)) as tx:
        second = await add_email(tx, ada.id, "second@example.com")
    with pytest.raises(EmailNotVerified):
        async with tools.writing(as_user(ada)) as tx:
            await make_primary(tx, ada.id, second.id)
    async with tools.writing(operator()) as tx:
        await verify_email(tx, ada.id, second.id)
    async with tools.writing(as_user(ada)) as tx:
        assert (await make_primary(tx, ada.id, second.id)).is_primary
        assert (await make_primary(tx, ada.id, second.id)).is_primary
        rows = await list_emails(tx, ada.id)
    assert [(row.address, row.is_primary) for row in rows] == [
        ("ada@example.com", False),
        ("second@example.com", True),
    ]
    async with tools.reading(operator()) as tx:
        user = await show_user(tx, ada.id)
        assert (user.email, user.email_verified) == ("second@example.com", True)
        # Both still find the account.
        for spelling in ("ADA@example.com", "second@example.com"):
            assert await find_by_identifier(tx, spelling) == user


async def test_lets_administrators_make_any_address_primary(tools: Tools) -> None:
    ada = await make_user(tools, email_verified=True)
    async with tools.writing(operator()) as tx:
        second = await add_email(tx, ada.id, "second@example.com")
        await make_primary(tx, ada.id, second.id)
        assert not (await show_user(tx, ada.id)).email_verified


async def test_removes_an_address_but_not_the_primary_one(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(as_user(ada)) as tx:
        second = await add_email(tx, ada.id, "second@example.com")
        primary = (await list_emails(tx, ada.id))[0]
        with pytest.raises(EmailIsPrimary):
            await remove_email(tx, ada.id, primary.id)
        await remove_email(tx, ada.id, second.id)
        with pytest.raises(EmailNotFound):
            await remove_email(tx, ada.id, second.id)
    bob = await make_user(tools, "second@example.com")
    async with tools.reading(operator()) as tx:
        assert (await find_by_anything(tx, "second@example.com")).id == bob.id
    assert len(await logged(tools, type_="email.removed")) == 1


async def test_never_touches_the_address_of_another_user(tools: Tools) -> None:
    ada = await make_user(tools)
    bob = await make_user(tools, "bob@example.com")
    async with tools.writing(operator()) as tx:
        second = await add_email(tx, bob.id, "second@example.com", verified=True)
        for verb in (remove_email, verify_email, make_primary):
            with pytest.raises(EmailNotFound):
                await verb(tx, ada.id, second.id)
            with pytest.raises(EmailNotFound):
                await verb(tx, new_id(), second.id)
        for verb in (list_emails,):
            with pytest.raises(UserNotFound):
                await verb(tx, new_id())
        with pytest.raises(UserNotFound):
            await add_email(tx, new_id(), "x@example.com")
    for actor, problem in [(as_user(ada), Forbidden), (anonymous(), Unauthenticated)]:
        async with tools.writing(actor) as tx:
            with pytest.raises(problem):
                await remove_email(tx, bob.id, second.id)
            with pytest.raises(problem):
                await list_emails(tx, bob.id)
            with pytest.raises(problem):
                await add_email(tx, bob.id, "y@example.com")


async def test_keeps_an_administrators_addresses_from_lesser_hands(tools: Tools) -> None:
    root = await make_user(tools, "root@example.com", roles=["admin"])
    helper = await make_user(tools, "helper@example.com")
    for verb, arguments in [
        (add_email, ("mine@example.com",)),
        (verify_email, (new_id(),)),
        (make_primary, (new_id(),)),
    ]:
        with pytest.raises(Forbidden):
            async with tools.writing(as_user(helper, "users:write")) as tx:
                await verb(tx, root.id, *arguments)  # type: ignore[operator]


async def test_finds_by_id_address_and_username(tools: Tools) -> None:
    ada = await make_user(tools, username="ada")
    async with tools.reading(operator()) as tx:
        for text in (encode(USER, ada.id), "Ada@Example.com", "ADA"):
            assert (await find_by_anything(tx, text)).id == ada.id
        for text in (
            encode(USER, new_id()),
            "usr_nonsense",
            "nobody@example.com",
            "",
            "@",
            "a\x00@example.com",
        ):
            with pytest.raises(UserNotFound):
                await find_by_anything(tx, text)
