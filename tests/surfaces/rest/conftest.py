"""A client that speaks HTTP to the whole application without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from doorward.infra.tools import Tools
from tests.make.application import application_of
from tests.surfaces.rest.calls import House, furnish


@pytest.fixture
async def client(tools: Tools) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=application_of(tools), client=("203.0.113.7", 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as opened:
        yield opened


@pytest.fixture
async def house(tools: Tools, client: httpx2.AsyncClient) -> House:
    return await furnish(tools, client)
