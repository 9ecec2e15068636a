"""What every test may ask for: both databases, transactions that are rolled back, and a running application.

The schema is migrated once for each database. A test runs in one outer transaction and every transaction of the code
under test is a savepoint in it; only tests in `races/` and `faults/` commit for real, on a database of their own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from doorward.infra.database import migrate
from doorward.infra.database.driver import Database
from doorward.infra.tools import Tools
from tests.make.databases import IsolatedDatabase, OutsidePostgres, PostgresServer, open_for_test
from tests.make.post import PostOffice, opened_post
from tests.make.redis import RedisServer
from tests.make.tools import TEST_ENVIRONMENT, make_tools


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long rounds of the fault tests too")
    parser.addoption(
        "--record", action="store_true", help="keep what the examples of the reference answer (make examples)"
    )
    parser.addoption(
        "--database",
        action="append",
        choices=["sqlite", "postgresql"],
        help="only this database (may be given twice); both unless given",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "long" in item.keywords and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="a long round; runs with --long"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_name" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database") or ["sqlite", "postgresql"]
        metafunc.parametrize("database_name", chosen, indirect=True, scope="session")


@pytest.fixture(scope="session")
def database_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer | OutsidePostgres]:
    """The one that TEST_POSTGRES_URL names, or one that the suite starts itself."""
    given = os.environ.get("TEST_POSTGRES_URL")
    server = OutsidePostgres(given) if given else PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_url(database_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database whose schema is up to date and that holds nothing else."""
    if database_name == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'migrated.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres_server").new_database()
    migrate.upgrade(url)
    return url


@pytest.fixture(scope="session")
async def shared_database(migrated_url: str) -> AsyncIterator[Database]:
    database = open_for_test(migrated_url)
    yield database
    await database.close()


@pytest.fixture
async def tools(shared_database: Database) -> AsyncIterator[Tools]:
    """Everything a use case needs, with the built-in roles and a signing key in place; rolled back after the test."""
    isolated = await IsolatedDatabase.of(shared_database)
    made = await make_tools(isolated)
    yield made
    made.hashing.close()
    await isolated.undo()


@pytest.fixture
async def own_database_url(database_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated database for this test alone, for tests that commit for real or run processes."""
    if database_name == "sqlite":
        url = f"sqlite:///{tmp_path / 'own.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres_server").new_database()
    import asyncio

    await asyncio.to_thread(migrate.upgrade, url)
    return url


@pytest.fixture
async def committing_tools(own_database_url: str) -> AsyncIterator[Tools]:
    """Like `tools`, but on a database of its own where commits are real."""
    database = open_for_test(own_database_url)
    made = await make_tools(database)
    yield made
    made.hashing.close()
    await database.close()


@pytest.fixture
async def redis_server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A running Redis of the test's own."""
    server = RedisServer(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def post(tools: Tools) -> AsyncIterator[PostOffice]:
    """A real SMTP server that the mail of `tools` goes to."""
    async with opened_post() as office:
        office.serve(tools)
        yield office


@pytest.fixture(autouse=True)
def _logs_as_they_come() -> Iterator[None]:
    """No test inherits the level at which another one set up its log."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("DOORWARD_") and name not in TEST_ENVIRONMENT:
            monkeypatch.delenv(name)
    for name in ("DATABASE_URL", "REDIS_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)
