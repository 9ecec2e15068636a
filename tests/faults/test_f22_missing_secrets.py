"""F22: a key or secret is missing, wrong or unreadable at the start. It refuses with one clear line, and makes nothing new."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from doorward.surfaces.cli.program import run
from tests.make.processes import SOURCE

pytestmark = [pytest.mark.integration, pytest.mark.fault]

SECRET = "the secret that sealed what stands in the database"
OTHER = "another secret as long and as random as the first one"
CANNOT_OPEN = (
    "doorward: A sealed value for 'signing-key' cannot be opened: it was sealed with a secret that is not configured. "
    "Put the previous secret back: after the new one in DOORWARD_SECRETS, or, where development keeps it, as the file "
    "'secret' in the data folder."
)
# A port that is taken would end a start that should have been refused before, and so would waiting: nothing is served.
NO_PORT = {"DOORWARD_SERVER__HOST": "192.0.2.1", "DOORWARD_SERVER__PORT": "0"}
REACHED_THE_PORT = "'192.0.2.1' is not an address of this machine. Set DOORWARD_SERVER__HOST to one that is."

Start = Callable[..., list[str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def said_by(data: Path, tmp_path: Path) -> Start:
    """Runs a command that must fail; the lines it says, in which there is no secret."""

    def run_apart(command: str, *, code: int = 1, **variables: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "doorward", command],
            cwd=tmp_path,
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(SOURCE),
                "DOORWARD_DATA_DIR": str(data),
                **NO_PORT,
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        assert SECRET not in said
        assert OTHER not in said
        return done.stderr.splitlines()

    return run_apart


@pytest.fixture
def refused(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Start:
    """Like `said_by` within this process, for what is refused before anything is opened."""

    def run_here(command: str, **variables: str) -> list[str]:
        with monkeypatch.context() as environment:
            for name, value in {"DOORWARD_DATA_DIR": str(data), **NO_PORT, **variables}.items():
                environment.setenv(name, value)
            assert run([command]) == 1
        said = capsys.readouterr().err
        assert SECRET not in said
        return said.splitlines()

    return run_here


@pytest.fixture
def production(said_by: Start, data: Path) -> Start:
    """Runs a command of an installation in production that has signing keys sealed with SECRET."""
    data.mkdir()
    said_by("migrate", code=0, DOORWARD_MODE="production", DOORWARD_SECRETS=SECRET)
    # Everything was put in place before it came to the port.
    assert said_by("serve", DOORWARD_MODE="production", DOORWARD_SECRETS=SECRET) == [REACHED_THE_PORT]

    def run_in_production(command: str, *, code: int = 1, **variables: str) -> list[str]:
        return said_by(command, code=code, **{"DOORWARD_MODE": "production", **variables})

    return run_in_production


def keys_in(data: Path) -> int:
    with sqlite3.connect(data / "doorward.sqlite3") as connection:
        number: int = connection.execute("SELECT count(*) FROM signing_keys").fetchone()[0]
    connection.close()
    return number


def test_production_without_its_secret_makes_none(said_by: Start, refused: Start, data: Path) -> None:
    line = (
        "doorward: DOORWARD_SECRETS is missing, and production does not make one. Make it with "
        "`openssl rand -base64 48` and keep it: without it nothing that is sealed can be opened again."
    )
    assert said_by("serve", DOORWARD_MODE="production") == [line]
    for command in ("worker", "migrate"):
        assert refused(command, DOORWARD_MODE="production") == [line]
    assert not data.exists()


def test_secret_that_is_too_short(refused: Start) -> None:
    for text in ("short", "", f"{SECRET},short"):
        assert refused("serve", DOORWARD_MODE="production", DOORWARD_SECRETS=text) == [
            "doorward: DOORWARD_SECRETS needs at least 32 characters in each secret."
        ]


def test_secret_file_that_cannot_be_read(refused: Start, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe" * 40)
    for path, reason in (
        (tmp_path / "missing", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (tmp_path / "binary", "it is not UTF-8 text"),
    ):
        assert refused("serve", DOORWARD_MODE="production", DOORWARD_SECRETS_FILE=str(path)) == [
            f"doorward: DOORWARD_SECRETS_FILE names a file that cannot be read: {reason} ({path})."
        ]


def test_empty_secret_file(refused: Start, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert refused("serve", DOORWARD_MODE="production", DOORWARD_SECRETS_FILE=str(tmp_path / "empty")) == [
        "doorward: DOORWARD_SECRETS_FILE needs at least 32 characters in each secret."
    ]


def test_secret_and_secret_file_at_once(refused: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(OTHER)
    assert refused("serve", DOORWARD_SECRETS=SECRET, DOORWARD_SECRETS_FILE=str(tmp_path / "file")) == [
        "doorward: DOORWARD_SECRETS_FILE and DOORWARD_SECRETS are both given. Keep one of them."
    ]


def test_wrong_secret_is_found_at_the_start(production: Start, data: Path) -> None:
    for command in ("serve", "worker"):
        assert production(command, DOORWARD_SECRETS=OTHER) == [CANNOT_OPEN]
    assert keys_in(data) == 1
    # The remedy that the line names.
    assert production("serve", DOORWARD_SECRETS=f"{OTHER},{SECRET}") == [REACHED_THE_PORT]
    assert production("serve", DOORWARD_SECRETS=SECRET) == [REACHED_THE_PORT]
    assert keys_in(data) == 1


def test_doctor_names_the_wrong_secret(production: Start, data: Path) -> None:
    production("doctor", code=1, DOORWARD_SECRETS=OTHER)
    production("doctor", code=0, DOORWARD_SECRETS=SECRET)


def test_damaged_key_is_found_at_the_start(production: Start, data: Path) -> None:
    with sqlite3.connect(data / "doorward.sqlite3") as connection:
        (sealed,) = connection.execute("SELECT private_sealed FROM signing_keys").fetchone()
        connection.execute("UPDATE signing_keys SET private_sealed = ?", [sealed[:-1] + bytes([sealed[-1] ^ 1])])
    connection.close()
    (line,) = production("serve", DOORWARD_SECRETS=SECRET)
    assert re.match("doorward: A sealed value for 'signing-key' cannot be opened: it was changed", line)
    assert keys_in(data) == 1


def test_development_does_not_replace_a_lost_secret(said_by: Start, data: Path) -> None:
    assert said_by("serve")[-1] == REACHED_THE_PORT
    kept = (data / "secret").read_text()
    (data / "secret").unlink()
    assert said_by("serve") == [CANNOT_OPEN]
    assert keys_in(data) == 1
    (data / "secret").write_text(kept)
    assert said_by("serve") == [REACHED_THE_PORT]


def test_development_refuses_a_secret_it_cannot_read(said_by: Start, data: Path) -> None:
    data.mkdir()
    (data / "secret").mkdir()
    assert said_by("serve") == [f"doorward: The secret in {data / 'secret'} cannot be read or made: Is a directory."]
    (data / "secret").rmdir()
    (data / "secret").write_text("cut")
    assert said_by("serve") == [
        (
            f"doorward: The secret in {data / 'secret'} is cut short. "
            "Put the whole one back; with an empty database, remove the file."
        )
    ]
