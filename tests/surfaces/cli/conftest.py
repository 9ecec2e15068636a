"""The command line as a test gives commands: within this process, or as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from doorward.surfaces.cli.program import run

SOURCES = Path(__file__).parents[3] / "src"
SECRET = "a secret that serves in tests and nowhere else"
# Hashing that costs nothing.
CHEAP = {"DOORWARD_PASSWORD_HASHING__ARGON2_MEMORY_KIB": "64", "DOORWARD_PASSWORD_HASHING__ARGON2_TIME": "1"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """What it said on standard error, which must be sentences of ours and no traceback."""
        assert "Traceback" not in self.err, self.err
        return self.err.splitlines()


Command = Callable[..., Said]


@pytest.fixture
def doorward(
    own_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Gives a command within this process, on a migrated database of the test's own. stdin: what it reads."""
    for name, value in {**CHEAP, "DATABASE_URL": own_database_url, "DOORWARD_SECRETS": SECRET}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    # A thread has no event loop of pytest's.
    threads = ThreadPoolExecutor(1)

    def command(*arguments: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", StringIO(stdin))
        capfd.readouterr()
        code = threads.submit(run, arguments).result()
        said = capfd.readouterr()
        return Said(code, said.out, said.err)

    return command


def environment_of(folder: Path, **variables: str) -> dict[str, str]:
    """The environment of a process: nothing of ours but what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOORWARD_", "PYTEST_"))}
    return {
        **kept,
        **CHEAP,
        "PYTHONPATH": str(SOURCES),
        "DOORWARD_DATA_DIR": str(folder / "data"),
        "DOORWARD_SERVER__PORT": "0",
        **variables,
    }


@pytest.fixture
def process(tmp_path: Path) -> Command:
    """Gives a command as a process of its own, in an empty folder. Keywords are its variables."""

    def command(*arguments: str, **variables: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "doorward", *arguments],
            cwd=tmp_path,
            env=environment_of(tmp_path, **variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return command


class Running:
    """A process that runs until it is told to end."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], variables: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "doorward", *arguments],
            cwd=folder,
            env=environment_of(folder, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        self.said = ""

    def wait_for(self, words: str) -> str:
        """The line of standard error that has these words; every line before it is read too."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"it ended without saying {words!r}: {self.said}")

    def read_line(self) -> str:
        """The next line of standard output."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self, how: signal.Signals = signal.SIGTERM) -> Said:
        """Tells it to end, and waits for that."""
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            out, err = self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        self.said += err
        return Said(self._process.returncode, out, self.said)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a process that goes on until `end`. Keywords are its variables."""
    started: list[Running] = []

    def start(*arguments: str, **variables: str) -> Running:
        started.append(Running(tmp_path, arguments, variables))
        return started[-1]

    yield start
    for each in started:
        if each._process.poll() is None:
            each.end()
