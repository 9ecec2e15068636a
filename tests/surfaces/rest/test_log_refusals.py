"""Whatever is refused leaves a line in the log: who asked, for what, and why not, and nothing of what was sent."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx2
import pytest

from doorward.infra.limits.settings import RateLimitSettings
from doorward.infra.telemetry.logs import set_up
from doorward.infra.telemetry.settings import LogSettings
from doorward.infra.tools import Tools
from tests.make.application import application_of
from tests.make.people import make_person
from tests.make.tools import changed

pytestmark = pytest.mark.integration

TYPED = "hunter2hunter2"


async def test_logs_every_refusal_with_who_asked_and_why(
    tools: Tools, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    ada = await make_person(tools, client)
    changed(tools, RateLimitSettings, enabled=True, recovery_per_address="1/hour")
    written = tmp_path / "log"
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT, 0o600)
    logs = set_up(LogSettings(level="INFO", format="json"), descriptor=descriptor)
    os.close(descriptor)
    transport = httpx2.ASGITransport(app=application_of(tools, logs=logs), client=("203.0.113.7", 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as asking:
        # Without the permission; without a valid token; against the rules for input; in the wrong step; too often.
        await asking.get("/v1/users", headers=ada.headers)
        await asking.delete(f"/v1/users/{ada.user['id']}", headers=ada.headers)
        await asking.get("/v1/me", headers={"authorization": f"Bearer {TYPED}"})
        await asking.patch("/v1/me", headers=ada.headers, json={"username": f"{TYPED} {TYPED}", "status": "active"})
        await asking.post(f"/v1/sign-in/{TYPED}/answers", json={"answers": {"password": TYPED}})
        for _ in range(2):
            await asking.post("/v1/recovery", json={"identifier": f"{TYPED}@example.com"})
    logs.output.flush()
    logs.close()
    text = written.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    refused = [
        (each["method"], each["route"], each["status"], each["code"], each["user_id"], each["client"])
        for each in lines
        if each.get("code")
    ]
    me, address = ada.user["id"], "203.0.113.7"
    assert refused == [
        ("GET", "/v1/users", 403, "forbidden", me, address),
        ("DELETE", "/v1/users/{user_id}", 403, "forbidden", me, address),
        ("GET", "/v1/me", 401, "unauthenticated", None, address),
        ("PATCH", "/v1/me", 422, "invalid-input", me, address),
        ("POST", "/v1/sign-in/{attempt}/answers", 410, "attempt-invalid", None, address),
        ("POST", "/v1/recovery", 429, "rate-limited", None, address),
    ]
    assert TYPED not in text
