"""Writing and looking up many rows at once: as one row would be, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from doorward.domain.users import store
from doorward.domain.users.create_many import NewAccount, find_known, insert_users
from doorward.domain.users.find import find_user
from doorward.domain.users.problems import EmailTaken, UsernameTaken
from doorward.domain.users.profile import check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import new_id

pytestmark = pytest.mark.integration


def account(email: str, **fields: object) -> NewAccount:
    user = check_new_user({"email": email, **fields}, UsersSettings())
    return NewAccount(id=new_id(), user=user, created_at=datetime(2020, 1, 2, 3, 4, 5, 678901, UTC))


async def write(tools: Tools, *accounts: NewAccount) -> None:
    async with tools.writing(operator()) as tx:
        await insert_users(tx, accounts, source="import")


async def test_keeps_every_value_as_one_row_would(tools: Tools) -> None:
    made = [
        account(f"p{number}@example.com", name="Zoë 😀", public_metadata={"a": [1, None, "ü"]}, username=f"p-{number}")
        for number in range(60)
    ]
    await write(tools, *made)
    async with tools.reading(operator()) as tx:
        row = await find_user(tx, made[17].id)
    assert (row.name, row.public_metadata, row.username) == ("Zoë 😀", {"a": [1, None, "ü"]}, "p-17")
    assert (row.created_at, row.suspended_until, row.email_verified) == (made[17].created_at, None, False)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [({"email": "ADA@example.com"}, EmailTaken), ({"email": "b@example.com", "username": "Ada"}, UsernameTaken)],
)
async def test_writes_nothing_when_one_row_is_refused(
    tools: Tools, fields: dict[str, str], problem: type[Exception]
) -> None:
    await write(tools, account("ada@example.com", username="ada"))
    fresh = account("new@example.com")
    with pytest.raises(problem):
        await write(tools, fresh, account(**fields))
    async with tools.reading(operator()) as tx:
        assert await tx.db.first(store.FIND, id=fresh.id) is None


async def test_finds_who_is_there_among_many_and_nobody_for_none(tools: Tools) -> None:
    made = [account(f"p{number}@example.com", external_id=f"x'{number}", username=f"p-{number}") for number in range(5)]
    await write(tools, *made)
    async with tools.reading(operator()) as tx:
        known = await find_known(
            tx,
            ids=[made[0].id, UUID(int=1)],
            external_ids=["x'1", "x'99", '"]'],
            email_keys=["p2@example.com", "nobody@example.com"],
            username_keys=["p-3", "p-99"],
        )
        nobody = await find_known(tx, ids=[], external_ids=[], email_keys=[], username_keys=[])
    assert set(known.by_id) == {made[0].id, made[2].id}
    assert list(known.by_external_id) == ["x'1"]
    assert known.by_email_key == {"p2@example.com": made[2].id}
    assert known.by_username_key == {"p-3": made[3].id}
    assert not any((nobody.by_id, nobody.by_external_id, nobody.by_email_key, nobody.by_username_key))


async def test_looks_up_lists_by_index(tools: Tools) -> None:
    """A lookup must not read the whole table: an import would slow down with every user."""
    queries = {
        store.WITH_IDS: [str(new_id())],
        store.WITH_ADDRESSES: ["a@example.com"],
        store.WITH_EXTERNAL_IDS: ["1"],
    }
    if tools.database.name == "sqlite":
        connection = tools.database._outer._connection
        for query in queries:
            plan = connection.execute("EXPLAIN QUERY PLAN " + query.on("sqlite").sql, ["[]"]).fetchall()
            assert all("SCAN u" not in row[3] for row in plan), plan
    else:
        connection = tools.database._outer.connection
        await connection.execute("SET LOCAL enable_seqscan = off")
        for query, values in queries.items():
            plan = await connection.fetch("EXPLAIN " + query.on("postgresql").sql, values)
            assert not any("Seq Scan on u" in row[0] for row in plan), plan
