"""Who sees the figures, and the port of their own."""

from __future__ import annotations

import socket

import httpx2
import pytest
from pydantic import SecretStr, ValidationError

from doorward.http.listening import CannotListen
from doorward.http.metrics import access_of, management_port, may_see
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.settings import MetricsSettings

TOKEN = SecretStr("a-long-metrics-token")


@pytest.mark.parametrize(
    ("settings", "is_production", "own_port", "access"),
    [
        (MetricsSettings(), True, False, "off"),
        (MetricsSettings(), False, False, "address"),
        (MetricsSettings(), True, True, "open"),
        (MetricsSettings(token=TOKEN), False, False, "token"),
        (MetricsSettings(token=TOKEN), True, True, "token"),
        (MetricsSettings(access="off", token=TOKEN), False, True, "off"),
        (MetricsSettings(access="open", token=TOKEN), True, False, "open"),
    ],
)
def test_asks_for_what_the_settings_say(settings, is_production, own_port, access):
    assert access_of(settings, is_production=is_production, own_port=own_port) == access


@pytest.mark.parametrize(
    ("access", "address", "authorization", "seen"),
    [
        ("token", None, "Bearer a-long-metrics-token", True),
        ("token", "127.0.0.1", "Bearer a-long-metrics-toke", False),
        ("token", "127.0.0.1", None, False),
        ("address", "127.0.0.9", None, True),
        ("address", "::ffff:127.0.0.1", None, True),
        ("address", "128.0.0.1", "Bearer a-long-metrics-token", False),
        ("address", None, None, False),
        ("open", None, None, True),
        ("off", "127.0.0.1", "Bearer a-long-metrics-token", False),
    ],
)
def test_lets_in_whom_it_is_for(access, address, authorization, seen):
    settings = MetricsSettings(token=TOKEN)
    assert may_see(settings, access, address=address, authorization=authorization) is seen


def test_refuses_to_ask_for_a_token_that_there_is_not():
    with pytest.raises(ValidationError, match="DOORWARD_METRICS__TOKEN"):
        MetricsSettings(access="token")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.integration
async def test_answers_on_a_port_of_its_own_and_nothing_else_there():
    counters = RequestCounters()
    settings = MetricsSettings(port=free_port(), token=TOKEN)
    headers = {"authorization": "Bearer a-long-metrics-token"}
    async with (
        management_port(settings, counters.exposed, is_production=True),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}") as client,
    ):
        assert (await client.get("/metrics")).status_code == 404
        shown = await client.get("/metrics", headers=headers)
        assert "doorward_http_requests_in_flight 0.0" in shown.text
        assert shown.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert (await client.head("/metrics", headers=headers)).text == ""
        assert (await client.get("/v1/me", headers=headers)).status_code == 404
        # Whether it turns is no secret: a platform asks without a token.
        assert (await client.get("/livez")).json() == {"status": "ok"}
        assert (await client.post("/livez")).status_code == 404
        assert (await client.post("/metrics", headers=headers)).status_code == 404


async def test_says_when_the_port_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = MetricsSettings(port=taken.getsockname()[1])
        with pytest.raises(CannotListen, match="DOORWARD_METRICS__PORT"):
            async with management_port(settings, RequestCounters().exposed, is_production=True):
                pass
