"""Reports of failures: where in the code, in which request, and nothing that anybody sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from doorward.infra.telemetry.logs import Logs, current_request_id, set_up
from doorward.infra.telemetry.reporting import Reporting
from doorward.infra.telemetry.settings import LogSettings, SentrySettings
from tests.make.collectors import Collector, collecting

pytestmark = pytest.mark.integration

SECRET = "ada@example.com has a tulip for a password"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture
def logs(collector: Collector) -> Iterator[Logs]:
    reporting = Reporting(SentrySettings(dsn=SecretStr(f"http://key@{collector.url}/7")), mode="production")
    descriptor = os.open(os.devnull, os.O_WRONLY)
    made = set_up(LogSettings(format="json"), descriptor=descriptor, also=[reporting.report])
    yield made
    made.close()
    reporting.close()
    os.close(descriptor)


def events(collector: Collector, number: int) -> list[dict[str, Any]]:
    found = []
    for _, body in collector.wait(number):
        lines = body.splitlines()
        found.extend(json.loads(line) for line in lines[1:] if b'"exception"' in line)
    return found


def fail(password: str) -> None:
    try:
        raise LookupError(password)  # noqa: TRY301 - a failure behind a failure
    except LookupError as error:
        raise ValueError(f"cannot take {password}") from error


def test_reports_where_it_failed_and_in_which_request_and_nothing_else(logs: Logs, collector: Collector) -> None:
    token = current_request_id.set("req-12345678")
    try:
        fail(SECRET)
    except ValueError as error:
        logs.write("error", "request failed", exc_info=error, method="POST", route="/v1/sign-in", note=SECRET)
    finally:
        current_request_id.reset(token)
    (event,) = events(collector, 1)
    assert event["environment"] == "production"
    assert event["tags"] == {
        "event": "request failed",
        "method": "POST",
        "route": "/v1/sign-in",
        "request_id": "req-12345678",
    }
    values = event["exception"]["values"]
    assert [each["type"] for each in values] == ["LookupError", "ValueError"]
    assert "fail" in {frame["function"] for frame in values[-1]["stacktrace"]["frames"]}
    whole = json.dumps(collector.bodies, default=bytes.decode)
    assert "ada@example.com" not in whole
    assert "tulip" not in whole
    assert not {"request", "user", "extra", "breadcrumbs", "server_name", "modules"} & event.keys()
    assert not any(
        {"vars", "context_line", "pre_context"} & frame.keys() for frame in values[-1]["stacktrace"]["frames"]
    )


def test_reports_what_loggers_catch_too_and_no_lesser_line(logs: Logs, collector: Collector) -> None:
    assert logs.enabled("error")
    log = structlog.get_logger("test")
    try:
        fail(SECRET)
    except ValueError:
        log.warning("not severe", exc_info=True)
        log.error("no exception", exc_info=None)  # noqa: TRY400 - that is the point
        log.exception("the worker failed to look for jobs")
    (event,) = events(collector, 1)
    assert event["tags"]["event"] == "the worker failed to look for jobs"
