"""How the database would run a statement: what it would read from end to end, and the plan of a slow one in the log."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import bindparam, select

from doorward.domain.sessions.tables import sessions
from doorward.domain.transfer.seed import seed_users
from doorward.domain.users.tables import users
from doorward.hot_queries import HOT_QUERIES
from doorward.infra.database.explain import explain
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.statement import Plain, Query, Rows
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from tests.make.people import make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration

BY_LOCALE = Query(select(users.c.id).where(users.c.locale == bindparam("locale")), tuple[str])


async def test_finds_every_hot_query_an_index(tools: Tools) -> None:
    for name, query in HOT_QUERIES.items():
        plan = await explain(tools.database, query.on(tools.database.name), small=True)
        assert not plan.scanned, (name, plan.lines)


async def test_sees_a_table_that_is_read_from_end_to_end(tools: Tools) -> None:
    await make_user(tools)
    for small in (False, True):
        plan = await explain(tools.database, BY_LOCALE.on(tools.database.name), small=small)
        assert plan.scanned == ("users",), plan.lines


async def test_changes_nothing_by_explaining_a_change(tools: Tools) -> None:
    ada = await make_user(tools)
    for query in HOT_QUERIES.values():
        await explain(tools.database, query.on(tools.database.name))
    async with tools.reading(operator()) as tx:
        found = await tx.db.first(Query(select(users.c.version).where(users.c.id == ada.id), tuple[int]))
    assert found == (ada.version,)


async def test_logs_the_plan_of_a_slow_statement_once_a_minute_and_no_value(tools: Tools) -> None:
    changed(tools, DatabaseSettings, slow_query_seconds=0.0000001, slow_query_plan=True)
    with structlog.testing.capture_logs() as lines:
        async with tools.reading(operator()) as tx:
            for _ in range(3):
                await tx.db.all(BY_LOCALE, locale="the-secret-place")
            await tools.plans.wait()
    assert [line["event"] for line in lines].count("slow query") == 3
    (told,) = [line for line in lines if line["event"] == "slow query plan"]
    assert told["scanned"] == ["users"]
    assert "users" in " ".join(told["plan"])
    assert "the-secret-place" not in str(lines)


async def test_explains_nothing_unless_asked(tools: Tools) -> None:
    changed(tools, DatabaseSettings, slow_query_seconds=0.0000001)
    with structlog.testing.capture_logs() as lines:
        async with tools.reading(operator()) as tx:
            await tx.db.all(BY_LOCALE, locale="x")
        await tools.plans.wait()
    assert {line["event"] for line in lines} == {"slow query"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("many", [5_000, pytest.param(100_000, marks=pytest.mark.long)])
async def test_reads_no_large_table_from_end_to_end(committing_tools: Tools, many: int) -> None:
    tools = committing_tools
    await seed_users(tools, operator(), many)
    async with tools.reading(operator()) as tx:
        ids = await tx.db.all(Query(select(users.c.id), tuple[str], thorough=True))
    now = datetime.now(UTC)
    async with tools.writing(operator()) as tx:
        rows = [
            (
                uuid4(), user_id, "token", uuid4().bytes, 0, None, now, now, now, now, None, None, ["pwd"], None, None
            )
            for (user_id,) in ids
        ]  # fmt: skip
        await tx.db.insert(Rows(sessions), rows)
    assert len(ids) >= many
    transaction = await tools.database.begin()
    await transaction.run(Plain("ANALYZE"), [])
    await transaction.commit()
    large = {"users", "user_emails", "credentials", "sessions", "events"}
    for name, query in HOT_QUERIES.items():
        plan = await explain(tools.database, query.on(tools.database.name))
        assert not large.intersection(plan.scanned), (name, plan.lines)
