"""How the database would run a statement: what it would read from end to end, and the plan of a slow one in the log."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import bindparam, select

import doorward
from doorward.domain.sessions.tables import sessions
from doorward.domain.transfer.seed import seed_users
from doorward.domain.users.tables import users
from doorward.hot_queries import HOT_QUERIES
from doorward.infra.database.explain import explain
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.statement import Command, Plain, Query, Rows
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from tests.make.people import make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration

# A few rows each, whatever the number of users; reading all of them is what is asked for.
SMALL_TABLES = {"roles", "signing_keys", "setup_links", "schedules", "alembic_version"}
# Counts of all jobs, every fifteen seconds at most; and what a job removes in batches once an hour.
READS_ALL = {"infra.outbox.backlog._BACKLOG", "infra.outbox.backlog._DEAD", "domain.sessions.store.FORGET"}
# Everything that is open, once, after the database was put back from a backup.
ENDS_ALL = {
    "domain.one_time.store.VOID_SOME",
    "domain.risk.device_store.DROP_SOME_TRUST",
    "domain.sessions.store.END_SOME",
    "domain.sign_in.store.CLOSE_SOME",
}
# Asks PostgreSQL how far its replica is; on SQLite there is none.
OF_POSTGRESQL = "infra.database.replica."
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


async def test_sees_an_index_that_is_walked_from_end_to_end(tools: Tools) -> None:
    """In the order of an index and with a filter that it knows nothing of, every row is looked at all the same."""
    walked = Query(
        select(users.c.id)
        .where(users.c.locale == bindparam("locale"))
        .order_by(users.c.created_at.desc(), users.c.id.desc()),
        tuple[str],
    )
    plan = await explain(tools.database, walked.on(tools.database.name), small=tools.database.name == "sqlite")
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


async def test_finds_every_other_statement_an_index_too(tools: Tools) -> None:
    """Whatever any slice asks, hot or not, but for the few named here."""
    scanned = set()
    statements = dict(every_statement())
    for name, statement in statements.items():
        if name.startswith(OF_POSTGRESQL) and tools.database.name == "sqlite":
            continue
        plan = await explain(tools.database, statement.on(tools.database.name), small=True)
        if not set(plan.scanned) <= SMALL_TABLES:
            scanned.add(name)
    assert len(statements) > 150
    named = READS_ALL | ENDS_ALL
    assert scanned <= named, {name: statements[name].on(tools.database.name).sql for name in scanned - named}
    assert statements.keys() >= named


def every_statement() -> Iterator[tuple[str, Command]]:
    """Every statement that stands as a constant in a module, by module and name."""
    seen: set[int] = set()
    for found in pkgutil.walk_packages(doorward.__path__, "doorward."):
        if found.name.startswith(("doorward.migrations", "doorward.__main__")):
            continue
        for name, value in vars(import_module(found.name)).items():
            if isinstance(value, Command) and id(value) not in seen:
                seen.add(id(value))
                yield f"{found.name.removeprefix('doorward.')}.{name}", value


@pytest.mark.timeout(300)
async def test_reads_no_large_table_from_end_to_end(committing_tools: Tools) -> None:
    tools = committing_tools
    many = 100_000
    await seed_users(tools, operator(), many, with_passwords=True)
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
