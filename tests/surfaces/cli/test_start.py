"""What a newcomer meets when something is not as it should be: one clear sentence for each thing, exit code 1, no traceback."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.make.databases import PostgresServer
from tests.surfaces.cli.conftest import SECRET, Command, Running

pytestmark = pytest.mark.integration

PASSWORD = "correct staple battery 9"


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def address_of(server: Running) -> str:
    line = server.wait_for("  address ")
    server.wait_for("  database ")
    return line.split()[1]


def sign_in(address: str, email: str, password: str) -> int:
    return httpx2.post(f"{address}/v1/sign-in", json={"identifier": email, "password": password}).status_code


def test_first_start_says_where_everything_is(running: Callable[..., Running], tmp_path: Path) -> None:
    server = running("serve")
    address = address_of(server)
    link = server.wait_for("/setup?link=").split()[-1]
    assert link.startswith(address)
    assert httpx2.get(f"{address}/readyz").status_code == 200
    assert httpx2.get(link).status_code == 200
    said = server.end()
    assert said.code == 0
    assert f"{tmp_path / 'data' / 'doorward.sqlite3'}" in said.err
    assert f"{address}/docs" in said.err


def test_busy_port(process: Command, busy_port: int) -> None:
    said = process("serve", DOORWARD_SERVER__PORT=str(busy_port))
    assert said.code == 1
    assert said.lines[-1] == (
        f"Port {busy_port} on 127.0.0.1 is in use by another program. "
        f"Stop that one, or choose another port, such as PORT={busy_port + 1}."
    )


def test_data_folder_that_cannot_be_written(process: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = process("serve", DOORWARD_DATA_DIR=str(tmp_path / "file" / "data"))
    assert said.code == 1
    assert said.lines == [
        (
            f"doorward: The data folder {tmp_path / 'file' / 'data'} cannot be written: Not a directory. "
            "Set DOORWARD_DATA_DIR to one that can."
        )
    ]


def test_database_of_an_unknown_kind(process: Command) -> None:
    said = process("serve", DATABASE_URL="mysql://root:geheim@localhost/x")
    assert said.code == 1
    assert said.lines == [
        (
            "doorward: DATABASE_URL must begin with sqlite:/// or postgresql://, such as sqlite:///data/doorward.sqlite3 or "
            "postgresql://user:password@host:5432/name."
        )
    ]


def test_database_server_that_refuses_connections(process: Command) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        # Bound and not listening: nobody else takes it, and connections to it are refused.
        said = process("serve", DATABASE_URL=f"postgresql://app:geheim@127.0.0.1:{port}/app")
    assert said.code == 1
    assert said.lines == [
        (
            f"doorward: The PostgreSQL database app at 127.0.0.1:{port} cannot be reached: connection refused. "
            "Start its server, or mend DATABASE_URL."
        )
    ]


def test_database_that_does_not_exist(process: Command, postgres_server: PostgresServer) -> None:
    url = re.sub(r"/test\d+\?", "/missing?", postgres_server.new_database())
    for command in ("serve", "migrate"):
        said = process(command, DATABASE_URL=url)
        assert said.code == 1
        assert said.lines == [
            (
                "doorward: The PostgreSQL database missing does not exist on its server. "
                "Create it, or name another in DATABASE_URL."
            )
        ]


def test_file_that_is_no_database(process: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database\n" * 100)
    said = process("serve", DATABASE_URL=f"sqlite:///{tmp_path / 'notes.txt'}")
    assert said.code == 1
    assert said.lines == [
        (
            f"doorward: The SQLite file {tmp_path / 'notes.txt'} cannot be used: file is not a database. "
            "Name an SQLite database in DATABASE_URL."
        )
    ]


def test_everything_that_is_wrong_is_said_at_once(process: Command) -> None:
    said = process(
        "serve",
        DOORWARD_SERVR__PORT="1",
        DOORWARD_DATABASE__POOL_SIZE="many",
        DATABASE_URL="postgresql://localhost",
        DOORWARD_SECRETS="short",
        DOORWARD_BOOTSTRAP_ADMIN__EMAIL="root@example.com",
        DOORWARD_METRICS__TOKEN_FILE="/no/such/file",
    )
    assert said.code == 1
    assert said.lines == [
        "doorward: DOORWARD_METRICS__TOKEN_FILE names a file that cannot be read: No such file or directory (/no/such/file).",
        "doorward: DOORWARD_SERVR__PORT is not a setting. Did you mean DOORWARD_SERVER__PORT?",
        (
            "doorward: DOORWARD_DATABASE__POOL_SIZE is not valid: input should be a valid integer, "
            "unable to parse string as an integer."
        ),
        "doorward: DATABASE_URL must name a database: postgresql://user:password@host:5432/name.",
        "doorward: DOORWARD_SECRETS needs at least 32 characters in each secret.",
        (
            "doorward: DOORWARD_BOOTSTRAP_ADMIN__PASSWORD is missing: the first administrator needs both. "
            "Set it, or take DOORWARD_BOOTSTRAP_ADMIN__EMAIL away."
        ),
    ]


def test_production_does_not_migrate_by_itself(process: Command) -> None:
    production = {"DOORWARD_MODE": "production", "DOORWARD_SECRETS": SECRET}
    said = process("serve", **production)
    assert (said.code, said.lines) == (1, ["doorward: The database is empty. Run `doorward migrate` first."])
    assert process("migrate", "--check", **production).code == 1
    assert process("migrate", **production).code == 0
    assert process("migrate", "--check", **production).code == 0


def test_several_servers_need_postgresql(process: Command) -> None:
    said = process("serve", "--workers", "2")
    assert said.code == 1
    assert said.lines == [
        "doorward: Several workers need PostgreSQL: SQLite has one writer. Set DATABASE_URL, or DOORWARD_SERVER__WORKERS=1."
    ]


def test_configured_administrator_is_made_once(running: Callable[..., Running], tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    first = {
        "DOORWARD_BOOTSTRAP_ADMIN__EMAIL": "root@example.com",
        "DOORWARD_BOOTSTRAP_ADMIN__PASSWORD_FILE": str(tmp_path / "password"),
    }
    server = running("serve", **first)
    assert sign_in(address_of(server), "root@example.com", PASSWORD) == 200
    said = server.end()
    assert "set up" not in said.err
    # While there is an administrator the settings are not looked at, not even at a password that would be refused.
    other = {"DOORWARD_BOOTSTRAP_ADMIN__EMAIL": "other@example.com", "DOORWARD_BOOTSTRAP_ADMIN__PASSWORD": "weak"}
    server = running("serve", **other)
    address = address_of(server)
    assert sign_in(address, "root@example.com", PASSWORD) == 200
    assert sign_in(address, "other@example.com", "weak") == 401
    assert server.end().code == 0


def test_weak_password_of_the_configured_administrator(process: Command) -> None:
    said = process(
        "serve", DOORWARD_BOOTSTRAP_ADMIN__EMAIL="root@example.com", DOORWARD_BOOTSTRAP_ADMIN__PASSWORD="hunter2"
    )
    assert said.code == 1
    assert said.lines[-1].startswith(
        "doorward: DOORWARD_BOOTSTRAP_ADMIN__PASSWORD cannot be used: A password has at least 8 characters here."
    )
    assert "hunter2" not in said.err


def test_worker_ends_in_order(running: Callable[..., Running], process: Command) -> None:
    assert process("migrate").code == 0
    worker = running("worker")
    worker.wait_for("worker runs")
    said = worker.end()
    assert said.code == 0
    assert "Traceback" not in said.err + said.out


def test_worker_refuses_an_empty_database(process: Command) -> None:
    said = process("worker")
    assert (said.code, said.lines) == (1, ["doorward: The database is empty. Run `doorward migrate` first."])


def test_failures_show_where_they_come_from_when_asked(process: Command) -> None:
    said = process("--debug", "worker")
    assert said.code == 1
    assert "Traceback" in said.err
    assert said.err.splitlines()[-1] == "doorward: The database is empty. Run `doorward migrate` first."


def test_unexpected_failures_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    from doorward.surfaces.cli import program, version

    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(version, "version", fail)
    with pytest.raises(ZeroDivisionError):
        program.run(["version"])
