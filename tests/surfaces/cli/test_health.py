"""Asking a real server how it is, by its command."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.surfaces.cli.conftest import Command, Running

pytestmark = pytest.mark.integration


def test_says_ready_of_a_server_that_is_and_fails_without_one(
    running: Callable[..., Running], process: Command
) -> None:
    server = running("serve", DOORWARD_SERVER__HOST="0.0.0.0")  # noqa: S104 - what a container sets
    port = str(urlsplit(server.wait_for("  address ").split()[1]).port)
    where = {"DOORWARD_SERVER__HOST": "0.0.0.0", "DOORWARD_SERVER__PORT": port}  # noqa: S104 - as above
    ready = process("health", **where)
    assert (ready.code, ready.document["status"]) == (0, "ready"), ready.err
    assert process("health", "--live", **where).document == {"status": "ok"}
    server.end()
    gone = process("health", **where)
    assert gone.code == 1
    assert gone.lines[0].startswith("There is no answer from the server: ")


def test_asks_through_the_unix_socket(running: Callable[..., Running], process: Command, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    server = running("serve", DOORWARD_SERVER__UDS=path)
    server.wait_for("  address ")
    assert process("health", DOORWARD_SERVER__UDS=path).code == 0


def test_asks_a_worker_on_its_port_for_metrics(
    running: Callable[..., Running], process: Command, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    database = f"sqlite:///{tmp_path / 'worker.sqlite3'}"
    assert process("migrate", DATABASE_URL=database).code == 0
    where = {"DOORWARD_METRICS__PORT": port}
    worker = running("worker", DATABASE_URL=database, **where)
    worker.wait_for("Doorward's worker runs.")
    assert process("health", "--worker", **where).document == {"status": "ok"}
    assert worker.end().code == 0
    assert process("health", "--worker", **where).lines[0].startswith("There is no answer from the worker: ")
    none = process("health", "--worker")
    assert (none.code, none.lines) == (1, ["A worker listens on no port unless DOORWARD_METRICS__PORT is set."])


def test_fails_while_a_server_does_not_answer_or_the_port_is_none(process: Command) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = str(silent.getsockname()[1])
        assert process("health", "--timeout", "0.2", DOORWARD_SERVER__PORT=port).code == 1
    assert process("health", DOORWARD_SERVER__PORT="http").code == 1
