"""Two Doorwards on one database, as two processes would have it: nothing in common but the database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from doorward.infra.tools import Tools
from tests.make.application import application_of
from tests.make.databases import open_for_test
from tests.make.tools import make_tools

Clients = tuple[httpx2.AsyncClient, httpx2.AsyncClient]


@pytest.fixture
async def pair(own_database_url: str) -> AsyncIterator[tuple[Tools, Tools]]:
    databases = [open_for_test(own_database_url, pool_wait_seconds=30, busy_timeout_seconds=30) for _ in range(2)]
    made = [await make_tools(database) for database in databases]
    yield made[0], made[1]
    for tools in made:
        tools.hashing.close()
    for database in databases:
        await database.close()


@pytest.fixture
async def clients(pair: tuple[Tools, Tools]) -> AsyncIterator[Clients]:
    opened = [
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=application_of(tools)), base_url="http://127.0.0.1:8000", verify=False
        )
        for tools in pair
    ]
    yield opened[0], opened[1]
    for client in opened:
        await client.aclose()
