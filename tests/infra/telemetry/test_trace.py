"""Traces of a real server process, sent to a real collector; and that there is nothing of them where none is set."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doorward.settings import SettingsError, read_settings
from tests.make.collectors import Collector, collecting
from tests.make.people import PASSWORD
from tests.make.post import opened_post
from tests.make.processes import SOURCE, nodes
from tests.make.redis import RedisServer

pytestmark = pytest.mark.integration

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def spans(collector: Collector) -> list[Any]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    return [
        span
        for path, body in collector.bodies
        if path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def above(span: Any, of: dict[bytes, Any]) -> list[Any]:
    """The spans that a span is in, from the inside out. of: all of its trace, by id."""
    found = []
    while span.parent_span_id in of:
        span = of[span.parent_span_id]
        found.append(span)
    return found


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


async def test_follows_a_request_to_its_statements(own_database_url: str, tmp_path: Path) -> None:
    with collecting() as collector:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.url}",
        }
        async with nodes(own_database_url, tmp_path, settings=settings) as (node,), node.client() as client:
            answer = await client.post("/v1/sign-up", json={"email": "ada@example.com", "password": PASSWORD})
            assert answer.status_code == 201
            refused = await client.post(
                "/v1/sign-in",
                json={"identifier": "ada@example.com", "password": "not the right one"},
                headers={"traceparent": f"00-{TRACE}-{PARENT}-01"},
            )
            assert (refused.status_code, refused.json()["trace_id"]) == (401, TRACE)
            assert (await client.get("/livez")).status_code == 200
            node.signal(signal.SIGTERM)
            assert await node.ended() == 0
        found = spans(collector)
        (line,) = [json.loads(each) for each in node.lines if f'"trace_id":"{TRACE}"' in each and '"status"' in each]
        assert (line["route"], line["status"], line["code"]) == ("/v1/sign-in", 401, "sign-in-failed")
        text = "".join(str(span) for span in found)

    ours = {span.span_id: span for span in found if span.trace_id.hex() == TRACE}
    (request,) = [span for span in ours.values() if span.parent_span_id.hex() == PARENT]
    assert request.name == "POST /v1/sign-in"
    assert attributes(request)["http.response.status_code"] == 401
    assert attributes(request)["doorward.problem"] == "sign-in-failed"
    assert attributes(request)["doorward.request_id"] == refused.headers["x-request-id"]
    (operation,) = [span for span in ours.values() if span.parent_span_id == request.span_id]
    assert attributes(operation)["error.type"] == "sign-in-failed"
    use_case = next(span for span in ours.values() if span.name == "sign_in.begin_sign_in")
    assert use_case.parent_span_id == operation.span_id
    assert attributes(use_case)["code.function.name"] == "doorward.domain.sign_in.begin.begin_sign_in"
    assert attributes(use_case)["error.type"] == "sign-in-failed"
    statements = [span for span in ours.values() if "db.query.text" in attributes(span)]
    assert {"SELECT", "INSERT"} <= {span.name for span in statements}
    for span in statements:
        assert [each.name for each in above(span, ours)][-1] == request.name
    looked = next(span for span in statements if "user_emails" in attributes(span)["db.query.text"])
    assert [each.name for each in above(looked, ours)] == [
        "access.find_with_credential",
        "sign_in.first_attempt",
        "sign_in.begin_sign_in",
        operation.name,
        request.name,
    ]
    assert "methods.PasswordMethod.prove" in {span.name for span in ours.values()}
    assert "ada@example.com" not in text
    assert PASSWORD not in text
    assert not any(attributes(span).get("http.route") == "/livez" for span in found)


async def test_follows_who_am_i_to_its_query_and_jobs_and_outgoing_calls(
    own_database_url: str, tmp_path: Path, redis_server: RedisServer
) -> None:
    async with opened_post() as office:
        with collecting() as collector:
            settings = {
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.url}",
                "REDIS_URL": redis_server.url,
                "DOORWARD_RATE_LIMITS__ENABLED": "true",
                "DOORWARD_MAIL__HOST": office.host,
                "DOORWARD_MAIL__PORT": str(office.port),
                "DOORWARD_MAIL__SECURITY": "none",
                "DOORWARD_MAIL__FROM_ADDRESS": "no-reply@id.example.com",
                "DOORWARD_WORKER__POLL_SECONDS": "0.2",
            }
            async with nodes(own_database_url, tmp_path, settings=settings) as (node,), node.client() as client:
                await client.post("/v1/sign-up", json={"email": "ada@example.com", "password": PASSWORD})
                entered = await client.post("/v1/sign-in", json={"identifier": "ada@example.com", "password": PASSWORD})
                headers = {
                    "authorization": f"Bearer {entered.json()['access_token']}",
                    "traceparent": f"00-{TRACE}-{PARENT}-01",
                }
                assert (await client.get("/v1/me", headers=headers)).status_code == 200
                asked = await client.post("/v1/recovery", json={"identifier": "ada@example.com"})
                assert asked.status_code == 202
                async with asyncio.timeout(30):
                    while not office.letters:
                        await office.arrival()
                node.signal(signal.SIGTERM)
                assert await node.ended() == 0
            found = spans(collector)
    by_id = {span.span_id: span for span in found}

    ours = [span for span in found if span.trace_id.hex() == TRACE]
    (query,) = [span for span in ours if span.name == "SELECT"]
    assert [each.name for each in above(query, by_id)] == ["access.authenticate_token", "GET /v1/me"]
    limits = [span for span in ours if span.name == "rate limit"]
    assert limits
    assert {attributes(span)["db.system.name"] for span in limits} == {"redis"}
    mails = [span for span in found if span.name == "mail"]
    assert mails
    assert all("job messages.deliver" in {each.name for each in above(span, by_id)} for span in mails)


def test_puts_spans_around_use_cases_only_meanwhile() -> None:
    from doorward import domain
    from doorward.domain.methods.password.prove import PasswordMethod
    from doorward.domain.sign_in import begin
    from doorward.infra.telemetry.use_cases import spans_around
    from doorward.surfaces.rest import sign_in as surface

    before = (begin.begin_sign_in, surface.begin_sign_in, begin.find_by_identifier, PasswordMethod.prove)
    wrapped: dict[Any, str] = {}

    def wrap(use_case: Any, name: str, whole_name: str) -> Any:
        def spanned() -> None:
            """Nobody calls it here."""

        assert whole_name.startswith("doorward.domain.")
        wrapped[spanned] = name
        return spanned

    with spans_around(domain, wrap):
        now = (begin.begin_sign_in, surface.begin_sign_in, begin.find_by_identifier, PasswordMethod.prove)
        assert [wrapped[each] for each in now] == [
            "sign_in.begin_sign_in",
            "sign_in.begin_sign_in",
            "users.find_by_identifier",
            "methods.PasswordMethod.prove",
        ]
        # What decides and does not ask the database is none, nor is what a slice keeps to itself.
        assert not any("policy" in name or "._" in name for name in wrapped.values())
    assert before == (begin.begin_sign_in, surface.begin_sign_in, begin.find_by_identifier, PasswordMethod.prove)


def test_imports_no_library_for_traces_or_reports_unless_one_is_set(tmp_path: Path) -> None:
    program = (
        "import sys, doorward.app, doorward.observing\n"
        "from doorward.settings import read_settings\n"
        "doorward.observing.Observing(read_settings())\n"
        "print([each for each in sys.modules if each.startswith(('opentelemetry', 'sentry_sdk'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(SOURCE), "DOORWARD_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("variable", "value", "extra", "module"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", "otel", "opentelemetry"),
        ("SENTRY_DSN", "http://key@127.0.0.1/1", "sentry", "sentry_sdk"),
    ],
)
def test_says_which_extra_is_missing(
    variable: str, value: str, extra: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.util import find_spec as real

    def without(name: str) -> Any:
        return None if name.partition(".")[0] == module else real(name)

    assert read_settings({variable: value})
    monkeypatch.setattr("doorward.settings.find_spec", without)
    with pytest.raises(SettingsError) as refused:
        read_settings({variable: value})
    assert refused.value.lines == [f"{variable} needs the extra `{extra}`: pip install 'doorward[{extra}]'."]
