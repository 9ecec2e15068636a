"""What PostgreSQL's driver reports becomes a problem, or stays the error it is."""

from __future__ import annotations

import asyncio
import socket

import pytest

from doorward.infra.database import migrate
from doorward.infra.database.problems import DatabaseUnavailable
from tests.make.databases import PostgresServer, open_for_test

pytestmark = pytest.mark.integration


async def test_takes_a_new_database_for_an_empty_one(postgres_server: PostgresServer):
    database = open_for_test(await asyncio.to_thread(postgres_server.new_database))
    assert await migrate.current(database) is None
    await database.close()


async def test_says_that_nobody_answers_at_the_address():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        database = open_for_test(f"postgresql://doorward@127.0.0.1:{taken.getsockname()[1]}/doorward")
        with pytest.raises(DatabaseUnavailable):
            await migrate.current(database)
        await database.close()
