from __future__ import annotations

import pytest
from pydantic import ValidationError

from doorward.http.settings import HttpSettings

ORIGIN = "https://app.example.com"


@pytest.mark.parametrize("path", ["/v1/address", "/nothing", "/v1/broken"])
async def test_every_answer_says_what_browsers_may_do(client, path):
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    assert "server" not in headers


async def test_keeps_browsers_to_https_where_that_is_the_address(house):
    async with house(public_url="https://house").client as client:
        assert "max-age=" in (await client.get("/v1/address")).headers["strict-transport-security"]


async def test_leaves_what_the_route_set(house):
    async def own(scope, receive, send):
        headers = [(b"cache-control", b"max-age=5"), (b"content-security-policy", b"default-src 'self'")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async with house(own).client as client:
        headers = (await client.get("/")).headers
    assert headers.get_list("cache-control") == ["max-age=5"]
    assert headers.get_list("content-security-policy") == ["default-src 'self'"]


async def test_no_other_origin_may_call_by_default(client):
    answer = await client.get("/v1/address", headers={"origin": ORIGIN})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    asked = await client.options("/v1/people", headers={"origin": ORIGIN, "access-control-request-method": "POST"})
    assert asked.status_code == 403
    assert asked.json()["code"] == "origin-not-allowed"


async def test_listed_origins_may_call(house):
    async with house(cors_origins=(ORIGIN,), cors_credentials=True).client as client:
        asked = await client.options("/v1/people", headers={"origin": ORIGIN, "access-control-request-method": "POST"})
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == ORIGIN
        assert "PATCH" in asked.headers["access-control-allow-methods"]
        assert "authorization" in asked.headers["access-control-allow-headers"]
        for path in ("/v1/address", "/nothing", "/v1/broken"):
            answer = await client.get(path, headers={"origin": ORIGIN})
            assert answer.headers.get("access-control-allow-origin") == ORIGIN, path
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert answer.headers["vary"] == "origin"
        other = await client.get("/v1/address", headers={"origin": "https://app.example.com.evil.example"})
        assert "access-control-allow-origin" not in other.headers
        assert (await client.get("/v1/address")).headers["vary"] == "origin"


async def test_answers_of_the_layers_outside_reach_listed_scripts_too(house):
    async with house(cors_origins=(ORIGIN,), max_body_bytes=1024).client as client:
        answer = await client.post(
            "/v1/people", content=b"x" * 2000, headers={"origin": ORIGIN, "content-type": "application/json"}
        )
    assert answer.status_code == 413
    assert answer.headers.get("access-control-allow-origin") == ORIGIN


@pytest.mark.parametrize("origin", ["*", "null", "https://app.example.com/", "app.example.com", "HTTPS://x"])
def test_refuses_settings_that_are_no_origin(origin):
    with pytest.raises(ValidationError):
        HttpSettings(cors_origins=(origin,))


async def test_ends_connections_while_draining(house):
    home = house()
    async with home.client as client:
        assert "connection" not in (await client.get("/v1/address")).headers
        home.draining.begin()
        assert (await client.get("/v1/address")).headers["connection"] == "close"
