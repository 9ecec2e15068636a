"""The examples of the README and the guides, run as they are printed against a real server.

The README runs on both databases, a guide on SQLite alone: starting a server for each is what takes time here.

A fenced block is marked behind its language: `sh run` is run by bash; `text shows` and `json shows` are what the block
before them must print; `text starts` is what the server says at its start; `python file=name.py` is written to that file
first. `…` stands for anything. What `given/` has under a page's name stands beside the reader as `old.sqlite3`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="the examples are written for bash"),
]

ROOT = Path(__file__).parents[2]
README = "README.md"
GIVEN = Path(__file__).parent / "given"
# What the pages call the server, and the setup link that only a running one knows.
ADDRESS = "http://127.0.0.1:8000"
LINK = f"{ADDRESS}/setup?link=…"
# The port of what a page starts beside it.
OTHER_PORT = "8100"
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_NEXT = "next-block-7f3a"


@dataclass
class Example:
    """What one block does. shows: the blocks after it, each with its language."""

    script: str
    shows: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Page:
    """The marked blocks of a page."""

    examples: list[Example]
    files: dict[str, str]
    starts: list[str]


def read_page(text: str) -> Page:
    page = Page([], {}, [])
    for block in _FENCE.finditer(text):
        language, _, mark = block["info"].strip().partition(" ")
        if mark == "run":
            page.examples.append(Example(block["body"]))
        elif mark == "shows":
            page.examples[-1].shows.append((language, block["body"]))
        elif mark == "starts":
            page.starts.append(block["body"])
        elif mark.startswith("file="):
            page.files[mark.removeprefix("file=")] = block["body"]
        else:
            assert mark == "", f"nobody knows what '{mark}' behind a fence means"
    return page


def alike(expected: Any, found: Any) -> bool:
    """Whether a JSON document is the printed one, where `…` stands for anything: in a text, or as a member's name for more."""
    if isinstance(expected, str):
        if expected == "…":
            return True
        return isinstance(found, str) and re.fullmatch(pattern(expected), found) is not None
    if isinstance(expected, dict) and isinstance(found, dict):
        names = expected.keys() - {"…"}
        if names != found.keys() and not ("…" in expected and names <= found.keys()):
            return False
        return all(alike(expected[name], found[name]) for name in names)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(alike, expected, found))
    return bool(expected == found) and type(expected) is type(found)


def pattern(expected: str) -> str:
    return "".join("(?s:.*?)" if part == "…" else re.escape(part) for part in re.split("(…)", expected))


def pages_with_examples() -> list[str]:
    pages = [ROOT / README, *sorted((ROOT / "docs").rglob("*.md"))]
    return [str(each.relative_to(ROOT)) for each in pages if read_page(each.read_text(encoding="utf-8")).examples]


@dataclass
class Server:
    address: str
    setup_link: str
    other_port: str
    environment: dict[str, str]
    lines: list[str]

    def named(self, text: str) -> str:
        """The text with the addresses that hold here."""
        return text.replace(LINK, self.setup_link).replace(ADDRESS, self.address).replace(OTHER_PORT, self.other_port)


def free_port() -> str:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


@pytest.fixture
async def server(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    port = free_port()
    # Where a reader would stand: in a checkout, with the environment in .venv and the data in ./data.
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": port,
        # What the pages call the server stands in its tokens too.
        "DOORWARD_TOKENS__ISSUER": f"http://127.0.0.1:{port}",
    }
    if database == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_server").new_database()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "doorward",
        "serve",
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    lines: list[str] = []
    ready = asyncio.Event()

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            lines.append(line.decode())
            if "setup?link=" in lines[-1]:
                ready.set()
        ready.set()

    reading = asyncio.create_task(read())
    await asyncio.wait_for(ready.wait(), 60)
    said = "".join(lines)
    address = re.search(r"address +(\S+)", said)
    link = re.search(r"\S+/setup\?link=\S+", said)
    assert address is not None, said
    assert link is not None, said
    yield Server(address[1], link[0], free_port(), environment, lines)
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 30) == 0, "".join(lines)
    await reading


def bring_what_is_given(name: str, folder: Path) -> None:
    """The database of another product that a page begins with, made by that product."""
    given = GIVEN / f"{Path(name).stem}.sql"
    if given.exists():
        with contextlib.closing(sqlite3.connect(folder / "old.sqlite3")) as database:
            database.executescript(given.read_text(encoding="utf-8"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = metafunc.config.getoption("--database") or ["sqlite", "postgresql"]
    pairs = [(name, database) for name in pages_with_examples() for database in chosen]
    metafunc.parametrize(("name", "database"), [each for each in pairs if each[0] == README or each[1] == "sqlite"])


async def test_works_as_printed(name: str, server: Server, database: str, tmp_path: Path):
    page = read_page((ROOT / name).read_text(encoding="utf-8"))
    for file_name, text in page.files.items():
        (tmp_path / file_name).write_text(server.named(text), encoding="utf-8")
    bring_what_is_given(name, tmp_path)
    scripts = [server.named(each.script) for each in page.examples]
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        f"\necho {_NEXT}\n".join(scripts),
        cwd=tmp_path,
        env=server.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), 90)
    finally:
        # Whatever a page started and a failure kept from ending.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    printed = out.decode().split(f"{_NEXT}\n")
    assert process.returncode == 0, f"{scripts[len(printed) - 1]}\n{printed[-1]}\n{err.decode()}"
    for example, found in zip(page.examples, printed, strict=True):
        for language, expected in example.shows:
            if language == "json":
                right = alike(json.loads(expected), json.loads(found))
            else:
                right = re.fullmatch(pattern(server.named(expected).strip()), found.strip()) is not None
            assert right, f"{example.script}\nprints\n{found}"
    if database == "sqlite":
        said = "".join(server.lines)
        for expected in page.starts:
            assert re.search(pattern(server.named(expected)), said), said
