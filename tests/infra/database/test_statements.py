"""Every query of the product means the same on both databases; constraints name their problems."""

from __future__ import annotations

import pkgutil
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Column, LargeBinary, MetaData, Table, Text, bindparam, insert, select

import doorward
from doorward.domain.users.problems import EmailTaken, UsernameTaken
from doorward.infra.database import migrate
from doorward.infra.database.base import Id, Json, Moment, metadata
from doorward.infra.database.conflicts import Conflicts
from doorward.infra.database.connect import AddressError, check_address, driver_url, name_of, open_database, sqlite_path
from doorward.infra.database.problems import Conflict, DatabaseUnavailable
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.statement import Command, Query
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from tests.make.databases import PostgresServer, open_for_test


def every_statement() -> dict[str, Command]:
    found = {}
    for module in pkgutil.walk_packages(doorward.__path__, "doorward."):
        if "migrations" in module.name or module.name.endswith("__main__"):
            continue
        for name, value in vars(import_module(module.name)).items():
            if isinstance(value, Command):
                found[f"{module.name}.{name}"] = value
    return found


def test_compiles_every_statement_for_both_databases() -> None:
    statements = every_statement()
    assert len(statements) > 50
    for name, statement in statements.items():
        for database in ("sqlite", "postgresql"):
            compiled = statement.on(database)
            assert compiled.sql, name
            # A list filled in at run time cannot be in a text that is compiled once.
            assert "POSTCOMPILE" not in compiled.sql, name


def test_gives_every_unique_index_a_problem_or_a_reason() -> None:
    # These cannot be broken by what a caller sends: random values, or guarded by a lock.
    internal = {
        "uq_jobs_key",
        "uq_sessions_secret_hash",
        "uq_credentials_method_lookup_key",
        "uq_credentials_one_password",
        "uq_user_emails_primary",
        "uq_devices_secret_hash_user_id",
        # A new invitation takes the place of the open one; of two at the same moment one is a plain conflict.
        "uq_invitations_open_address_key",
    }
    unique = {index.name: index for table in metadata.tables.values() for index in table.indexes if index.unique}
    assert {name for name, index in unique.items() if "problem" not in index.info} == internal


def test_finds_the_problem_of_a_broken_constraint() -> None:
    conflicts = Conflicts(metadata)
    assert isinstance(conflicts.problem_of_constraint("uq_user_emails_address_key"), EmailTaken)
    assert isinstance(conflicts.problem_of_message("UNIQUE constraint failed: users.username_key"), UsernameTaken)
    assert isinstance(
        conflicts.problem_of_message("UNIQUE constraint failed: index 'uq_users_username_key'"), UsernameTaken
    )
    for message in ("UNIQUE constraint failed: users.id", "FOREIGN KEY constraint failed", ""):
        assert type(conflicts.problem_of_message(message)) is Conflict
    assert type(conflicts.problem_of_constraint(None)) is Conflict


_things = Table(
    "things",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("at", Moment),
    Column("document", Json),
    Column("flag", Boolean),
    Column("blob", LargeBinary),
    Column("name", Text),
)
_INSERT = Command(insert(_things).values({column: bindparam(column.name) for column in _things.columns}))
_ALL = Query(select(*_things.columns).order_by(_things.c.id), tuple)  # type: ignore[type-var]


@pytest.mark.integration
async def test_gives_back_what_was_stored(committing_tools: Tools) -> None:
    tools = committing_tools
    database = tools.database
    uuid = "BLOB" if database.name == "sqlite" else "uuid"
    moment = "BIGINT" if database.name == "sqlite" else "timestamptz"
    json, flag, blob = ("TEXT", "BOOLEAN", "BLOB") if database.name == "sqlite" else ("jsonb", "boolean", "bytea")
    made = f"CREATE TABLE things (id {uuid} PRIMARY KEY, at {moment}, document {json}, flag {flag}, blob {blob}, name text)"
    zone = timezone(timedelta(hours=5, minutes=30))
    rows = [
        {
            "id": UUID(int=number),
            "at": at,
            "document": document,
            "flag": flag,
            "blob": b"\x00\xff",
            "name": "ü\U0001f468",
        }
        for number, (at, document, flag) in enumerate(
            [
                (datetime(2026, 1, 1, 1, 2, 3, 456789, tzinfo=UTC), {"a": [1, None, "ü"]}, True),
                (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), [], False),
                (datetime(2026, 1, 1, tzinfo=zone), "text", None),
                (None, 0, True),
                (datetime(9999, 12, 31, tzinfo=UTC), {"n": 2**63 - 1}, False),
            ]
        )
    ]
    async with tools.writing(operator()) as tx:
        transaction = await tx.db.begin()
        if database.name == "sqlite":
            transaction._connection.execute(made)  # type: ignore[attr-defined]
        else:
            await transaction.connection.execute(made)  # type: ignore[attr-defined]
        await tx.db.run(_INSERT, **rows[0])
        await tx.db.many(_INSERT, rows[1:] * 1)
    async with tools.reading(operator()) as tx:
        assert await tx.db.all(_ALL) == [tuple(row.values()) for row in rows]


def test_refuses_addresses_with_a_clear_sentence(tmp_path: Path) -> None:
    for url, words in [
        ("mysql://x/y", "must begin with"),
        ("", "must begin with"),
        ("sqlite://", "names a file"),
        ("sqlite:///", "names a file"),
        ("sqlite:///:memory:", "names a file"),
        (f"sqlite:///{tmp_path}/none/x.db", "does not exist"),
        ("postgresql://host", "must name a database"),
        ("postgresql://user:secret@host:99999999/name", "must name a database"),
    ]:
        with pytest.raises(AddressError) as refused:
            check_address(url)
        assert words in str(refused.value)
        assert "secret" not in str(refused.value)
    check_address(f"sqlite:///{tmp_path}/x.db")
    check_address("postgresql+asyncpg://u:p@host:5432/name")
    assert (name_of("postgres://x/y"), name_of("SQLITE+pysqlite:///x")) == ("postgresql", "sqlite")
    assert driver_url("postgresql+asyncpg://u@h/d") == "postgresql://u@h/d"
    assert sqlite_path("sqlite:////tmp/x?y=1") == Path("/tmp/x")  # noqa: S108 - nothing is written


@pytest.mark.integration
async def test_says_unavailable_for_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "broken.sqlite3"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(DatabaseUnavailable):
        open_database(f"sqlite:///{path}", DatabaseSettings(), metadata)
    with pytest.raises(DatabaseUnavailable):
        open_database(f"sqlite:///{tmp_path}", DatabaseSettings(), metadata)


@pytest.mark.integration
async def test_says_unavailable_for_a_server_that_is_not_there(postgres_server: PostgresServer, tmp_path: Path) -> None:
    good = postgres_server.new_database()
    for url in (
        "postgresql://user@127.0.0.1:1/name",
        good.replace("/test", "/none-such"),
        f"postgresql://user@/name?host={tmp_path}",
    ):
        database = open_for_test(url, connect_timeout_seconds=1)
        with pytest.raises(DatabaseUnavailable):
            await database.check()
        assert database.connections() == {"in_use": 0, "idle": 0, "waiting": 0}
        await database.close()


@pytest.mark.integration
async def test_throws_a_lost_connection_away_and_opens_another(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_database()
    database = open_for_test(url, pool_size=1)
    other = open_for_test(url, pool_size=1)
    try:
        await database.check()
        transaction = await other.begin()
        await transaction.connection.execute(  # type: ignore[attr-defined]
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        await transaction.rollback()
        for _ in range(2):
            try:
                await database.check()
            except DatabaseUnavailable:
                continue
        await database.check()
        assert database.connections() == {"in_use": 0, "idle": 1, "waiting": 0}
    finally:
        await database.close()
        await other.close()


@pytest.mark.integration
async def test_tells_an_empty_database_from_a_migrated_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    database = open_for_test(url)
    try:
        assert await migrate.current(database) is None
        migrate.upgrade(url)
        migrate.upgrade(url)
        assert await migrate.current(database) == migrate.newest()
    finally:
        await database.close()
    with sqlite3.connect(tmp_path / "x.sqlite3") as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()
