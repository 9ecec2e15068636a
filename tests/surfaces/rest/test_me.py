"""One's own account over REST."""

from __future__ import annotations

import httpx2
import pytest

from doorward.infra.tools import Tools
from tests.make.people import make_person

pytestmark = pytest.mark.integration


async def test_shows_who_asks(tools: Tools, client: httpx2.AsyncClient) -> None:
    person = await make_person(tools, client)
    answer = await client.get("/v1/me", headers=person.headers)
    assert answer.status_code == 200
    assert answer.json()["email"] == "ada@example.com"
    assert answer.headers["etag"]


async def test_refuses_a_stranger(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/me")
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")
