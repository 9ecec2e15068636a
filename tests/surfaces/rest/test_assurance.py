"""Session and access token say the same of how and when somebody proved who they are (RFC 8176, RFC 9068, RFC 9470)."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import httpx2
import pytest

from doorward.infra.tools import Tools
from doorward.kernel.ids import USER, decode
from tests.make.authenticator_app import code_now, give_app
from tests.make.people import PASSWORD, make_person

pytestmark = pytest.mark.integration


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


async def test_session_and_token_say_how_and_when_alike(tools: Tools, client: httpx2.AsyncClient) -> None:
    ada = await make_person(tools, client)
    first = claims_of(ada.access_token)
    assert (first["amr"], first["acr"]) == (["pwd"], "aal1")
    assert (ada.session["methods"], ada.session["acr"]) == (["pwd"], "aal1")
    app = await give_app(tools, decode(USER, ada.user["id"]))
    tools.clock.advance(seconds=90)  # type: ignore[attr-defined]

    # Refreshing proves nothing anew.
    renewed = (await client.post("/v1/tokens/refresh", json={"refresh_token": ada.refresh_token})).json()
    again = claims_of(renewed["access_token"])
    assert again["iat"] > first["iat"]
    assert {name: again[name] for name in ("amr", "acr", "auth_time", "sid")} == {
        name: first[name] for name in ("amr", "acr", "auth_time", "sid")
    }

    # A second factor is named, and both together.
    headers = {"authorization": f"Bearer {renewed['access_token']}"}
    attempt = (await client.post("/v1/me/step-up", headers=headers)).json()["attempt"]
    path = f"/v1/me/step-up/{attempt}/answers"
    await client.post(path, headers=headers, json={"answers": {"password": PASSWORD}})
    done = (await client.post(path, headers=headers, json={"answers": {"totp": code_now(tools, app)}})).json()
    last = claims_of(done["access_token"])
    assert (last["amr"], last["acr"]) == (["pwd", "otp", "mfa"], "aal2")
    assert (done["session"]["methods"], done["session"]["acr"]) == (last["amr"], last["acr"])
    assert last["auth_time"] >= first["auth_time"] + 90
    assert last["sid"] == done["session"]["id"] != first["sid"]
    authenticated = datetime.fromisoformat(done["session"]["authenticated_at"])
    assert int(authenticated.timestamp()) == last["auth_time"]
