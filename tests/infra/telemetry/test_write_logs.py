from __future__ import annotations

import fcntl
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import structlog

from doorward.infra.telemetry.logs import Logs, current_request_id, set_up
from doorward.infra.telemetry.output import Output
from doorward.infra.telemetry.settings import LogSettings


@pytest.fixture
def written() -> Iterator[Callable[..., tuple[Logs, Callable[[], list[str]]]]]:
    cleanup = ExitStack()

    def open_log(**settings: Any) -> tuple[Logs, Callable[[], list[str]]]:
        file = cleanup.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it

        def lines() -> list[str]:
            file.seek(0)
            return file.read().decode().splitlines()

        logs = set_up(LogSettings(**{"format": "json", **settings}), descriptor=file.fileno())
        cleanup.callback(logs.close)
        return logs, lines

    with cleanup:
        yield open_log


def test_writes_json_with_the_request_id(written):
    _, lines = written()
    token = current_request_id.set("abc12345")
    structlog.get_logger("x").info("hello", number=7, nothing=None)
    current_request_id.reset(token)
    (line,) = [json.loads(each) for each in lines()]
    assert line["event"] == "hello"
    assert line["request_id"] == "abc12345"
    assert line["number"] == 7
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_writes_for_people_without_colors_where_there_is_no_terminal(written):
    _, lines = written(format="console")
    structlog.get_logger().warning("hello", number=7)
    (line,) = lines()
    assert "hello" in line
    assert "number=7" in line
    assert "\x1b" not in line


def test_leaves_out_what_is_less_severe_than_asked(written):
    logs, lines = written(level="WARNING")
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    logs.write("info", "quiet")
    structlog.get_logger().warning("loud")
    logging.getLogger("library").warning("loud")
    logs.write("warning", "loud")
    assert len(lines()) == 3
    assert "quiet" not in "".join(lines())


def failure(message: str) -> RuntimeError:
    try:
        raise RuntimeError(message)  # noqa: TRY301 - a traceback is wanted
    except RuntimeError as error:
        return error


def test_takes_the_standard_library_over(written):
    _, lines = written()
    logging.getLogger("asyncpg").error("failed with %s", "this", exc_info=failure("inside"))
    (failed,) = [json.loads(each) for each in lines()]
    assert failed["event"] == "failed with this"
    assert failed["logger"] == "asyncpg"
    assert "RuntimeError: inside" in failed["exception"]


SECRETS = [
    "dw_3q2hG7k1mN8pQ4rS6tU9vW",
    "dwref_3q2hG7k1mN8pQ4rS6tU9vW",
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_removes_what_looks_like_our_secrets(written, secret):
    _, lines = written()
    log = structlog.get_logger()
    text = f"sent {secret} out"
    log.info(
        text,
        link=f"https://x/{secret}?a=1",
        inside={"a": [secret]},
        header=f"Bearer {secret}",
    )
    logging.getLogger("library").warning("saw %s", secret)
    log.error("failed", exc_info=failure(f"bad {secret}"))
    assert len(lines()) == 3
    assert secret not in "".join(lines())
    assert secret[-10:] not in "".join(lines())
    assert "[removed]" in lines()[0]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "Authorization",
        "cookie",
        "Set-Cookie",
        "refresh_token",
        "client_secret",
        "api_key",
        "secrets",
    ],
)
def test_removes_what_stands_under_the_name_of_a_secret(written, name):
    _, lines = written()
    structlog.get_logger().info("x", **{name: "hunter2"}, inside=[{name: {"deep": "hunter2"}}])
    assert "hunter2" not in lines()[0]


def test_removes_passwords_of_database_addresses(written):
    _, lines = written()
    structlog.get_logger().error("no connection to postgresql://door:hunter2@db.internal:5432/doorward")
    assert "hunter2" not in lines()[0]
    assert "db.internal" in lines()[0]


def test_leaves_what_is_no_secret(written):
    _, lines = written()
    structlog.get_logger().info(
        "x", token_type="Bearer", password_policy="nist", link="https://example.com/a:b@c", n=1.5
    )
    line = json.loads(lines()[0])
    assert (line["token_type"], line["password_policy"], line["link"]) == (
        "Bearer",
        "nist",
        "https://example.com/a:b@c",
    )


def test_writes_values_that_are_hard_to_write(written):
    _, lines = written()
    structlog.get_logger().info("x", half="\ud800", big=2**70, strange=object, bytes=b"\xff", newline="a\nb")
    assert len(lines()) == 1
    assert json.loads(lines()[0])["newline"] == "a\nb"


def test_survives_a_reader_that_is_gone():
    reading, writing = os.pipe()
    os.close(reading)
    output = Output(writing)
    os.close(writing)
    output.write(b"line\n")
    output.write(b"line\n")
    output.close()
    assert output.dropped == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110 - a device
def test_survives_a_full_disk():
    descriptor = os.open("/dev/full", os.O_WRONLY)
    output = Output(descriptor)
    os.close(descriptor)
    output.write(b"line\n")
    output.close()
    assert output.dropped == 1


def test_does_not_wait_for_a_reader_that_stopped_and_keeps_order():
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 65536)
    output = Output(writing)
    line = b"%06d " + b"x" * 992 + b"\n"
    for number in range(3000):
        output.write(line % number)
    assert output.dropped == 0
    received = bytearray()
    while len(received) < 3000 * 1000:
        received += os.read(reading, 65536)
    flusher = output._flusher
    if flusher is not None:
        flusher.join()
    output.write(b"after\n")
    received += os.read(reading, 65536)
    assert [int(each[:6]) for each in bytes(received).splitlines()[:-1]] == list(range(3000))
    assert received.endswith(b"after\n")
    output.close()
    os.close(writing)
    os.close(reading)


def test_drops_and_counts_what_would_fill_the_memory():
    reading, writing = os.pipe()
    output = Output(writing)
    for _ in range(6000):
        output.write(b"x" * 999 + b"\n")
    assert output.dropped > 1000
    dropped = output.dropped
    received = 0
    while received < (6000 - dropped) * 1000:
        received += len(os.read(reading, 65536))
    output.close()
    os.close(writing)
    os.close(reading)
