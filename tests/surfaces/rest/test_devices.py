"""Known devices over HTTP: by cookie for browsers, by a member of the body for apps."""

from __future__ import annotations

import httpx2
import pytest

from doorward.infra.tools import Tools
from tests.make.application import application_of
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_sets_a_cookie_of_its_own_beside_the_session(tools: Tools, *, fast_lane: bool) -> None:
    await make_user(tools)
    transport = httpx2.ASGITransport(app=application_of(tools, fast_lane=fast_lane), client=("203.0.113.7", 5))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        body = {"identifier": "ada@example.com", "password": PASSWORD, "transport": "cookie"}
        answer = await client.post("/v1/sign-in", json=body)
        assert "device_token" not in answer.json()
        session, device = answer.headers.get_list("set-cookie")
        assert session.startswith("__Host-doorward_session=")
        assert device.startswith("__Host-doorward-device=")
        assert device.endswith("; Path=/; Max-Age=34560000; Secure; HttpOnly; SameSite=Lax")
        client.cookies.clear()
        value = device.partition(";")[0]
        again = await client.post("/v1/sign-in", json=body, headers={"cookie": value})
        assert again.headers.get_list("set-cookie")[1].partition(";")[0] == value
        client.cookies.clear()
        # The cookie by which a browser is known opens nothing.
        headers = {"cookie": value.replace("-device", "_session")}
        assert (await client.get("/v1/me", headers=headers)).status_code == 401


async def test_answers_apps_that_would_keep_one_a_token(tools: Tools, client: httpx2.AsyncClient) -> None:
    await make_user(tools)
    body = {"identifier": "ada@example.com", "password": PASSWORD}
    assert "device_token" not in (await client.post("/v1/sign-in", json=body)).json()
    first = (await client.post("/v1/sign-in", json=body | {"device_token": ""})).json()
    again = (await client.post("/v1/sign-in", json=body | {"device_token": first["device_token"]})).json()
    assert again["device_token"] == first["device_token"]
    headers = {"authorization": f"Bearer {again['access_token']}"}
    listed = (await client.get("/v1/me/devices", headers=headers)).json()["items"]
    assert [item["trusted_until"] for item in listed] == [None, None]
    assert first["device_token"] not in str(listed)
    for item in listed:
        assert (await client.delete(f"/v1/me/devices/{item['id']}", headers=headers)).status_code == 204
        assert (await client.delete(f"/v1/me/devices/{item['id']}", headers=headers)).status_code == 404
    other = (await client.post("/v1/sign-in", json=body | {"device_token": first["device_token"]})).json()
    assert other["device_token"] != first["device_token"]
