"""Browsers: a cookie that scripts cannot read, and requests that other sites cannot make."""

from __future__ import annotations

import httpx2
import pytest

from doorward.domain.access.settings import TokensSettings
from doorward.infra.tools import Tools
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration

OURS = "http://127.0.0.1:8000"


async def cookie(tools: Tools, client: httpx2.AsyncClient) -> dict[str, str]:
    await make_user(tools)
    answer = await client.post(
        "/v1/sign-in", json={"identifier": "ada@example.com", "password": PASSWORD, "transport": "cookie"}
    )
    assert answer.status_code == 200
    assert not {"access_token", "refresh_token", "token_type", "expires_in"} & answer.json().keys()
    header, _device = answer.headers.get_list("set-cookie")
    value, *attributes = header.split("; ")
    assert value.startswith("__Host-doorward_session=")
    assert set(attributes) == {"Path=/", "Max-Age=2592000", "Secure", "HttpOnly", "SameSite=Lax"}
    assert value.partition("=")[2] not in answer.text
    client.cookies.clear()
    return {"cookie": value}


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"origin": OURS}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "http://localhost:8000"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": OURS + ".evil.example"}, False),
        ({"origin": OURS + "/"}, False),
        ({"origin": ""}, False),
    ],
    ids=str,
)
async def test_changes_nothing_for_pages_of_other_sites(
    tools: Tools, client: httpx2.AsyncClient, headers: dict[str, str], *, allowed: bool
) -> None:
    held = await cookie(tools, client)
    changing = await client.patch("/v1/me", headers=held | headers, json={"name": "Changed"})
    assert changing.status_code == (200 if allowed else 403), changing.text
    if not allowed:
        assert changing.json()["code"] == "cross-site-request"
    # Reading is safe: no other site's script can see the answer.
    assert (await client.get("/v1/me", headers=held | headers)).status_code == 200


async def test_takes_the_cookie_away_at_the_end(tools: Tools, client: httpx2.AsyncClient) -> None:
    held = await cookie(tools, client)
    answer = await client.post("/v1/sign-out", headers=held | {"origin": OURS})
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    client.cookies.clear()
    assert (await client.get("/v1/me", headers=held)).status_code == 401


async def test_takes_the_public_address_for_its_own(tools: Tools, client: httpx2.AsyncClient) -> None:
    held = await cookie(tools, client)
    changed(tools, TokensSettings, issuer="https://id.example.com")
    for origin, status in [("https://id.example.com", 200), (OURS, 403)]:
        answer = await client.patch("/v1/me", headers=held | {"origin": origin}, json={"name": "x"})
        assert answer.status_code == status
