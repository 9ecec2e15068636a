"""Stepping up over HTTP: what is sensitive asks for it, and goes on with the session that it ends in."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from doorward.infra.tools import Tools
from tests.make.people import PASSWORD, make_person
from tests.surfaces.rest.calls import looks_like_a_problem

pytestmark = pytest.mark.integration

SENSITIVE: list[tuple[str, str, dict[str, Any] | None]] = [
    ("DELETE", "/v1/me", None),
    ("POST", "/v1/me/emails", {"address": "second@example.com"}),
]


@pytest.mark.parametrize(("method", "path", "body"), SENSITIVE)
async def test_asks_for_a_fresh_proof_and_goes_on_with_it(
    tools: Tools, client: httpx2.AsyncClient, method: str, path: str, body: dict[str, Any] | None
) -> None:
    ada = await make_person(tools, client)
    tools.clock.advance(seconds=899)  # type: ignore[attr-defined]
    renewed = (await client.post("/v1/tokens/refresh", json={"refresh_token": ada.refresh_token})).json()
    tools.clock.advance(seconds=2)  # type: ignore[attr-defined]
    key = {"idempotency-key": "the same request, sent again"}
    # A refreshed token is no fresh proof.
    headers = {"authorization": f"Bearer {renewed['access_token']}"}
    options: dict[str, Any] = {} if body is None else {"json": body}
    refused = await client.request(method, path, headers=headers | key, **options)
    assert (refused.status_code, refused.json()["code"]) == (401, "step-up-required")
    assert looks_like_a_problem(refused)
    assert 'error="insufficient_user_authentication"' in refused.headers["www-authenticate"]
    assert refused.json()["max_age"] == 900
    attempt = (await client.post("/v1/me/step-up", headers=headers)).json()
    assert attempt["status"] == "pending"
    path_of_answers = f"/v1/me/step-up/{attempt['attempt']}/answers"
    wrong = await client.post(path_of_answers, headers=headers, json={"answers": {"password": "wrong"}})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign-in-failed")
    done = await client.post(path_of_answers, headers=headers, json={"answers": {"password": PASSWORD}})
    assert done.status_code == 200, done.text
    anew = {"authorization": f"Bearer {done.json()['access_token']}"}
    assert done.json()["session"]["acr"] == "aal1"
    assert (await client.get("/v1/me", headers=headers)).status_code == 401
    old = await client.post("/v1/tokens/refresh", json={"refresh_token": renewed["refresh_token"]})
    assert old.status_code == 401
    again = await client.request(method, path, headers=anew | key, **options)
    assert again.status_code in {201, 204}, again.text


async def test_keeps_a_browser_s_session_a_browser_s(tools: Tools, client: httpx2.AsyncClient) -> None:
    await make_person(tools, client)
    origin = {"origin": "http://127.0.0.1:8000"}
    body = {"identifier": "ada@example.com", "password": PASSWORD, "transport": "cookie"}
    cookie = (await client.post("/v1/sign-in", json=body)).headers["set-cookie"].partition(";")[0]
    client.cookies.clear()
    attempt = (await client.post("/v1/me/step-up", headers=origin | {"cookie": cookie})).json()["attempt"]
    done = await client.post(
        f"/v1/me/step-up/{attempt}/answers",
        headers=origin | {"cookie": cookie},
        json={"answers": {"password": PASSWORD}},
    )
    client.cookies.clear()
    assert "access_token" not in done.json()
    anew = done.headers["set-cookie"].partition(";")[0]
    assert anew != cookie
    assert (await client.get("/v1/me", headers={"cookie": anew})).status_code == 200
    assert (await client.get("/v1/me", headers={"cookie": cookie})).status_code == 401
