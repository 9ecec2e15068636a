"""Whoever asks too often is told so, by address and by user, on the fast lane and on the router."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from doorward.http.settings import HttpSettings
from doorward.infra.limits.settings import RateLimitSettings
from doorward.infra.tools import Tools
from tests.make.application import application_of
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration


@asynccontextmanager
async def asking(
    tools: Tools, *, address: str = "203.0.113.7", fast_lane: bool = True, **limits: object
) -> AsyncIterator[httpx2.AsyncClient]:
    changed(tools, RateLimitSettings, enabled=True, **limits)
    app = application_of(tools, fast_lane=fast_lane)
    transport = httpx2.ASGITransport(app=app, client=(address, 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


async def sign_in(client: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
    return await client.post("/v1/sign-in", json={"identifier": "nobody@example.com"}, headers=headers)


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_refuses_the_one_too_many_with_everything_a_client_needs(tools: Tools, *, fast_lane: bool) -> None:
    async with asking(tools, fast_lane=fast_lane, sign_in_per_address="2/hour") as client:
        first, second, third = [await sign_in(client) for _ in range(3)]
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 429)
    assert first.headers["ratelimit-policy"] == '"sign-in-per-address";q=2;w=3600'
    assert first.headers["ratelimit"].startswith('"sign-in-per-address";r=1;t=')
    assert second.headers["ratelimit"].startswith('"sign-in-per-address";r=0;t=')
    assert third.json()["code"] == "rate-limited"
    wait = int(third.headers["retry-after"])
    assert 1 <= wait <= 7200
    assert third.headers["ratelimit"] == f'"sign-in-per-address";r=0;t={wait}'
    assert third.headers["ratelimit-policy"] == first.headers["ratelimit-policy"]


async def test_classes_do_not_share_a_count(tools: Tools) -> None:
    async with asking(tools, sign_in_per_address="1/hour") as client:
        await sign_in(client)
        assert (await sign_in(client)).status_code == 429
        assert (await client.get("/.well-known/jwks.json")).status_code == 200


async def test_a_user_is_limited_wherever_they_ask_from(tools: Tools) -> None:
    user = await make_user(tools, email="ada@example.com")
    async with asking(tools, read_per_user="2/hour") as client:
        signed_in = await client.post("/v1/sign-in", json={"identifier": user.email, "password": PASSWORD})
        token = {"authorization": f"Bearer {signed_in.json()['access_token']}"}
        answers = [await client.get("/v1/me", headers=token) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"read-per-user";q=2;w=3600'


async def test_strangers_are_limited_before_their_tokens_are_looked_at(tools: Tools) -> None:
    async with asking(tools, read_per_address="2/hour") as client:
        answers = [await client.get("/v1/me", headers={"authorization": "Bearer no"}) for _ in range(3)]
    assert [each.status_code for each in answers] == [401, 401, 429]


async def test_a_network_of_ipv6_counts_as_one(tools: Tools) -> None:
    changed(tools, HttpSettings, trusted_proxies=("203.0.113.7",))
    async with asking(tools, sign_in_per_address="2/hour") as client:
        codes = [
            (await sign_in(client, **{"x-forwarded-for": f"2001:db8:0:1::{number:x}"})).status_code
            for number in range(1, 4)
        ]
        other = await sign_in(client, **{"x-forwarded-for": "2001:db8:0:2::1"})
    assert codes == [200, 200, 429]
    assert other.status_code == 200


async def test_a_forwarding_header_of_no_declared_proxy_changes_nothing(tools: Tools) -> None:
    async with asking(tools, sign_in_per_address="2/hour") as client:
        codes = [
            (await sign_in(client, **{"x-forwarded-for": f"198.51.100.{number}"})).status_code for number in range(3)
        ]
    assert codes == [200, 200, 429]


async def test_an_exempt_network_has_no_limit_by_address(tools: Tools) -> None:
    async with asking(tools, sign_in_per_address="1/hour", exempt=("203.0.113.0/24",)) as client:
        assert [(await sign_in(client)).status_code for _ in range(3)] == [200] * 3


async def test_health_is_never_limited(tools: Tools) -> None:
    async with asking(tools, read_per_address="1/hour", write_per_address="1/hour") as client:
        for path in ("/livez", "/readyz", "/healthz", "/version"):
            answers = [await client.get(path) for _ in range(3)]
            assert [each.status_code for each in answers] == [200] * 3
            assert "ratelimit" not in answers[0].headers


async def test_every_other_operation_is_limited() -> None:
    from doorward.surfaces.rest.operations import OPERATIONS

    free = {operation.path for operation in OPERATIONS if operation.limit is None}
    assert free == {"/livez", "/readyz", "/healthz", "/version"}


async def test_the_database_keeps_the_strict_counts(tools: Tools) -> None:
    async with (
        asking(tools, sign_in_per_address="2/hour", store="database") as one,
        asking(tools, sign_in_per_address="2/hour", store="database") as other,
    ):
        answers = [await sign_in(one), await sign_in(other), await sign_in(one), await sign_in(other)]
    assert [each.status_code for each in answers] == [200, 200, 429, 429]


async def test_nothing_is_counted_or_said_when_switched_off(tools: Tools) -> None:
    async with asking(tools, sign_in_per_address="1/hour") as client:
        pass
    changed(tools, RateLimitSettings, enabled=False)
    transport = httpx2.ASGITransport(app=application_of(tools), client=("203.0.113.7", 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answers = [await sign_in(client) for _ in range(3)]
    assert [each.status_code for each in answers] == [200] * 3
    assert "ratelimit" not in answers[0].headers
