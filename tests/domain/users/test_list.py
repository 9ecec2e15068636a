"""Lists of users: every filter, order and search, in pages without gaps or repeats."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from doorward.domain.roles.problems import RoleNotFound
from doorward.domain.users.create import insert_user
from doorward.domain.users.delete import delete_user
from doorward.domain.users.grant import grant_role
from doorward.domain.users.list import UserFilter, list_users
from doorward.domain.users.profile import check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.domain.users.suspend import suspend_user
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.problem import Forbidden, InvalidInput, Unauthenticated
from tests.make.actors import as_user
from tests.make.people import make_user

pytestmark = pytest.mark.integration

ORDERS = ["created_at", "-created_at", "email", "-email", "username", "-username", "name", "-name"]


async def people(tools: Tools, count: int, **fields: Any) -> list[UserRow]:
    """Many users without passwords, made in one transaction, some at the same moment."""
    chance = random.Random(7)
    made: list[UserRow] = []
    async with tools.writing(operator()) as tx:
        start = tx.now
        for number in range(count):
            tx.now = start + timedelta(seconds=number // 3)
            given: dict[str, Any] = {
                "email": f"{chance.choice('abcxyz')}{number}@example.com",
                # Many of one name, some of none, and letters whose order differs between collations.
                "name": chance.choice(["Zoë", "adam", "Adam", "Émile", "ß", None]),
                "username": f"{chance.choice(['mona', 'nina', 'otto', 'paul'])}-{number}" if number % 4 else None,
            } | fields
            made.append(await insert_user(tx, check_new_user(given, tx.section(UsersSettings)), source="import"))
    return made


async def walk(tools: Tools, which: UserFilter, *, limit: int, order: Any = None) -> list[UserRow]:
    """Every page of a list, one after another."""
    found: list[UserRow] = []
    cursor = None
    for _ in range(1000):
        async with tools.reading(operator()) as tx:
            page = await list_users(tx, which, order=order, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        assert page.has_more == (page.next_cursor is not None)
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(page.items) == limit
    raise AssertionError("the list does not end")


def ids(rows: Sequence[UserRow]) -> list[object]:
    return [row.id for row in rows]


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_through_an_order_without_gaps_or_repeats(tools: Tools, order: Any) -> None:
    made = await people(tools, 61)
    whole = await walk(tools, UserFilter(), limit=200, order=order)
    expected = [row for row in made if "username" not in order or row.username is not None]
    assert sorted(map(str, ids(whole))) == sorted(str(row.id) for row in expected)
    for limit in (1, 7, 60, 61):
        assert ids(await walk(tools, UserFilter(), limit=limit, order=order)) == ids(whole)
    backwards = order[1:] if order.startswith("-") else f"-{order}"
    assert ids(await walk(tools, UserFilter(), limit=9, order=backwards)) == ids(whole)[::-1]


async def test_sorts_newest_first_unless_told_otherwise(tools: Tools) -> None:
    await people(tools, 10)
    rows = await walk(tools, UserFilter(), limit=4)
    assert [row.created_at for row in rows] == sorted((row.created_at for row in rows), reverse=True)


async def test_sorts_texts_alike_on_both_databases(tools: Tools) -> None:
    for name in ("zebra", "Äpfel", "apple", "Zulu", "öl"):
        await make_user(tools, f"{len(name)}{ord(name[0])}@example.com", name=name, password=None)
    rows = await walk(tools, UserFilter(), limit=2, order="name")
    assert [row.name for row in rows] == ["apple", "zebra", "Zulu", "Äpfel", "öl"]


async def test_goes_on_where_it_was_when_rows_come_and_go(tools: Tools) -> None:
    made = await people(tools, 20)
    async with tools.reading(operator()) as tx:
        first = await list_users(tx, UserFilter(), order="created_at", limit=8)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, first.items[-1].id)
        await insert_user(tx, check_new_user({"email": "late@example.com"}, tx.section(UsersSettings)), source="import")
    async with tools.reading(operator()) as tx:
        second = await list_users(tx, UserFilter(), order="created_at", limit=200, cursor=first.next_cursor)
    seen = {row.id for row in first.items} | {row.id for row in second.items}
    assert {row.id for row in made} <= seen
    assert len(seen) == len(first.items) + len(second.items)


async def test_filters_by_status_role_and_addresses(tools: Tools) -> None:
    ada = await make_user(tools, "ada@example.com", username="ada", roles=["support"])
    bob = await make_user(tools, "bob@example.com", username="bob")
    eve = await make_user(tools, "eve@example.com", username="eve")
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, bob.id)
        await delete_user(tx, eve.id)
    for which, expected in [
        (UserFilter(status="active"), [ada]),
        (UserFilter(status="suspended"), [bob]),
        (UserFilter(status="deleted"), [eve]),
        (UserFilter(role="support"), [ada]),
        (UserFilter(role="admin"), []),
        (UserFilter(role="member"), [eve, bob, ada]),
        (UserFilter(email="ADA@Example.COM"), [ada]),
        (UserFilter(email="nobody@example.com"), []),
        (UserFilter(email="no address at all"), []),
        (UserFilter(username="BOB"), [bob]),
        (UserFilter(username="bob", status="active"), []),
        (UserFilter(username="ada", role="support", status="active", email="ada@example.com"), [ada]),
    ]:
        assert ids(await walk(tools, which, limit=1)) == ids(expected), which


async def test_finds_a_user_by_an_address_that_is_not_the_primary(tools: Tools) -> None:
    from doorward.domain.users.emails import add_email

    ada = await make_user(tools, "ada@example.com")
    async with tools.writing(operator()) as tx:
        await add_email(tx, ada.id, "second@example.com")
    assert ids(await walk(tools, UserFilter(email="Second@example.com"), limit=5)) == [ada.id]


async def test_filters_by_time_with_the_start_included_and_the_end_excluded(tools: Tools) -> None:
    made = await people(tools, 9)
    moment = made[3].created_at
    after = await walk(tools, UserFilter(created_after=moment), limit=2)
    before = await walk(tools, UserFilter(created_before=moment), limit=2)
    assert {row.id for row in after} == {row.id for row in made[3:]}
    assert {row.id for row in before} == {row.id for row in made[:3]}
    both = UserFilter(created_after=moment, created_before=moment + timedelta(seconds=1))
    assert {row.id for row in await walk(tools, both, limit=2)} == {row.id for row in made[3:6]}


async def test_searches_names_addresses_and_usernames_by_their_beginning(tools: Tools) -> None:
    by_name = await make_user(tools, "first@example.com", name="Ádám Kovács")
    by_email = await make_user(tools, "adele@example.com", name="Zed")
    by_username = await make_user(tools, "other@example.com", username="adrian")
    by_all = await make_user(tools, "adx@example.com", username="adx", name="Adx")
    await make_user(tools, "unrelated@example.com", name="Madam")
    found = await walk(tools, UserFilter(search="AD"), limit=1)
    assert ids(found) == ids([by_username, by_all, by_email])
    assert ids(await walk(tools, UserFilter(search="ádám k"), limit=1)) == [by_name.id]
    assert await walk(tools, UserFilter(search="%"), limit=1) == []
    assert await walk(tools, UserFilter(search="_d"), limit=1) == []


async def test_pages_through_a_search_without_gaps_or_repeats(tools: Tools) -> None:
    made = await people(tools, 60, name="Mona")
    for row in made[:10]:
        assert row.name == "Mona"
    expected = {row.id for row in made}
    whole = await walk(tools, UserFilter(search="m"), limit=200)
    assert {row.id for row in whole} == expected
    for limit in (1, 6, 13, 59):
        assert ids(await walk(tools, UserFilter(search="m"), limit=limit)) == ids(whole)
    active = await walk(tools, UserFilter(search="m", status="suspended"), limit=5)
    assert active == []


@pytest.mark.parametrize("which", [UserFilter(), UserFilter(search="x"), UserFilter(status="active", search="zo")])
async def test_counts_exactly_what_the_pages_hold(tools: Tools, which: UserFilter) -> None:
    await people(tools, 40)
    async with tools.reading(operator()) as tx:
        page = await list_users(tx, which, limit=3, count="exact")
    assert page.count == len(await walk(tools, which, limit=200)) > 0


async def test_estimates_without_being_far_off(tools: Tools) -> None:
    await people(tools, 40)
    async with tools.reading(operator()) as tx:
        page = await list_users(tx, UserFilter(), limit=3, count="estimate")
        filtered = await list_users(tx, UserFilter(status="active"), limit=3, count="estimate")
    assert page.count is not None
    assert 0 < page.count < 4000
    assert filtered.count == 40


async def test_refuses_the_cursor_of_another_list(tools: Tools) -> None:
    await people(tools, 5)
    async with tools.reading(operator()) as tx:
        cursor = (await list_users(tx, UserFilter(), limit=2)).next_cursor
        searched = (await list_users(tx, UserFilter(search="x"), limit=1)).next_cursor
        assert cursor is not None
        for which, order, used in [
            (UserFilter(), "created_at", cursor),
            (UserFilter(status="active"), None, cursor),
            (UserFilter(search="x"), None, cursor),
            (UserFilter(search="y"), None, searched or cursor),
            (UserFilter(), None, cursor[:-2] + "aa"),
            (UserFilter(), None, "dwcur_"),
            (UserFilter(), None, ""),
        ]:
            with pytest.raises(InvalidInput) as refused:
                await list_users(tx, which, order=order, cursor=used)
            assert refused.value.errors[0].code == "cursor-invalid"


async def test_refuses_an_order_for_a_search_and_an_unknown_role(tools: Tools) -> None:
    async with tools.reading(operator()) as tx:
        with pytest.raises(InvalidInput):
            await list_users(tx, UserFilter(search="a"), order="name")
        with pytest.raises(RoleNotFound):
            await list_users(tx, UserFilter(role="nobody-made-this"))


async def test_asks_for_the_permission(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.reading(as_user(ada)) as tx:
        with pytest.raises(Forbidden):
            await list_users(tx, UserFilter())
    async with tools.reading(anonymous()) as tx:
        with pytest.raises(Unauthenticated):
            await list_users(tx, UserFilter())


async def test_lists_everyone_with_a_role_however_many_roles_they_hold(tools: Tools) -> None:
    ada = await make_user(tools, "ada@example.com", roles=["support", "admin"])
    async with tools.writing(operator()) as tx:
        await grant_role(tx, ada.id, "support")
    assert ids(await walk(tools, UserFilter(role="support"), limit=5)) == [ada.id]


async def test_takes_moments_far_away(tools: Tools) -> None:
    await people(tools, 3)
    early, late = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
    assert len(await walk(tools, UserFilter(created_after=early, created_before=late), limit=2)) == 3
