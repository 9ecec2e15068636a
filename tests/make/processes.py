"""Real server processes: started, killed and started again as an operator's machine would do it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

import httpx2
import psutil

from tests.make.versions import Version

SOURCE: Final = Path(__file__).parents[2] / "src"
_ADDRESS: Final = re.compile(r"address\s+http://127\.0\.0\.1:(\d+)")

ADMINISTRATOR: Final = "chief@example.com"
ADMINISTRATOR_PASSWORD: Final = "plumb twelve harbors 4"
SECRETS: Final = "what the processes of the tests seal with and nobody else"

# The last one makes what is run in processes count where it is measured (`make coverage`).
_SURROUNDINGS: Final = {"PATH", "HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_CONFIG"}

# Hashing at no cost: these tests look for lost and doubled work, and hashes would only slow the storm down.
_ENVIRONMENT: Final = {
    "DOORWARD_SECRETS": SECRETS,
    "DOORWARD_LOG__FORMAT": "json",
    "DOORWARD_LOG__LEVEL": "DEBUG",
    "DOORWARD_PASSWORD_HASHING__ARGON2_MEMORY_KIB": "64",
    "DOORWARD_PASSWORD_HASHING__ARGON2_TIME": "1",
    "DOORWARD_BOOTSTRAP_ADMIN__EMAIL": ADMINISTRATOR,
    "DOORWARD_BOOTSTRAP_ADMIN__PASSWORD": ADMINISTRATOR_PASSWORD,
    "DOORWARD_RATE_LIMITS__ENABLED": "false",
    "PORT": "0",
}


def surroundings() -> dict[str, str]:
    """What a process is given of the environment that the tests run in."""
    return {name: value for name, value in os.environ.items() if name in _SURROUNDINGS}


class Node:
    """A server process on a database. lines: what all its lives wrote, for looking for secrets.

    environment: with which it runs, for commands on the same installation.
    """

    def __init__(self, database_url: str, folder: Path, *, version: Version | None = None, **settings: str) -> None:
        """version: an earlier one; the present one unless given."""
        self.environment = {
            **surroundings(),
            **_ENVIRONMENT,
            "PYTHONPATH": str(SOURCE),
            "DATABASE_URL": database_url,
            "DOORWARD_DATA_DIR": str(folder),
            **settings,
        }
        if version is not None:
            self.environment = version.environment(self.environment)
        self.lines: list[str] = []
        self.command_words = ("serve",)
        # A program that runs it in another place, such as a network namespace.
        self.within: tuple[str, ...] = ()
        self.port = 0
        # Where the log goes instead of `lines`, for tests of what becomes of it.
        self.log_file: BinaryIO | None = None
        self.process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._started = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything it wrote."""
        return "".join(self.lines)

    async def start(self, *, within: float = 60.0) -> Node:
        """Starts it, on the same port as in its life before, and waits until it is ready."""
        self._started = asyncio.Event()
        self.process = await asyncio.create_subprocess_exec(
            *self.within,
            sys.executable,
            "-m",
            "doorward",
            *self.command_words,
            env=self.environment | {"PORT": str(self.port)},
            stdout=self.log_file or asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE if self.log_file else asyncio.subprocess.STDOUT,
            limit=1 << 20,
        )
        self._reading = asyncio.create_task(self._read(self.process))
        async with asyncio.timeout(within):
            await self._started.wait()
            assert self.process.returncode is None, "the server did not start:\n" + self.log[-4000:]
            await self.ready()
        return self

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        said = process.stdout or process.stderr
        assert said is not None
        async for line in said:
            text = line.decode(errors="replace")
            self.lines.append(text)
            found = _ADDRESS.search(text)
            if found:
                self.port = int(found.group(1))
            if "  address  " in text or "Doorward's worker runs." in text:
                self._started.set()
        await process.wait()
        self._started.set()

    async def ready(self, *, within: float = 30.0) -> None:
        """Waits until it says that it is ready (I7)."""
        async with asyncio.timeout(within), self.client() as client:
            while True:
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.02)  # asking in a loop is what a load balancer does

    def client(self) -> httpx2.AsyncClient:
        """A client with as many connections as it needs."""
        return httpx2.AsyncClient(
            base_url=self.url, timeout=40, trust_env=False, verify=False, limits=httpx2.Limits(max_connections=None)
        )

    async def command(self, *words: str) -> str:
        """Runs a command on the same installation, which must succeed; what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "doorward",
            *words,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, said = await process.communicate()
        assert process.returncode == 0, said.decode(errors="replace")[-4000:]
        return printed.decode()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        """Ends it as a power cut ends it for the process: without a word."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def end(self) -> None:
        """Ends it at once, if it runs; where it is measured what it ran, it may write that down before."""
        if self.process is None or self.process.returncode is not None:
            return
        if "COVERAGE_PROCESS_CONFIG" in self.environment:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await self.ended(within=5)
                return
        self.signal(signal.SIGKILL)
        await self.ended()

    async def ended(self, *, within: float = 30.0) -> int:
        """Waits for its end; the exit code."""
        assert self.process is not None
        assert self._reading is not None
        async with asyncio.timeout(within):
            code = await self.process.wait()
            await self._reading
        return code

    def memory(self) -> int:
        """Bytes of memory in use (resident)."""
        assert self.process is not None
        return int(psutil.Process(self.process.pid).memory_info().rss)


@asynccontextmanager
async def nodes(
    database_url: str, folder: Path, *, count: int = 1, settings: Mapping[str, str] | None = None
) -> AsyncIterator[list[Node]]:
    """Some server processes on one database. settings: further variables."""
    made = [Node(database_url, folder, **settings or {}) for _ in range(count)]
    try:
        # One after another: the first puts in place what every installation has.
        for node in made:
            await node.start()
        yield made
    finally:
        for node in made:
            await node.end()


class WorkerProcess(Node):
    """A `doorward worker` on a database: it answers nobody."""

    def __init__(self, database_url: str, folder: Path, **settings: str) -> None:
        super().__init__(database_url, folder, **settings)
        self.command_words = ("worker",)

    async def ready(self, *, within: float = 30.0) -> None:
        """It has said that it runs."""
        assert "Doorward's worker runs." in self.log, f"not within {within} s"


class Wire:
    """One connection, spoken to byte by byte: what a library would smooth over is what these tests look for."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.answered = 0

    @classmethod
    async def to(cls, node: Node) -> Wire:
        """Opens a connection."""
        return cls(*await asyncio.open_connection("127.0.0.1", node.port))

    async def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def ask(self, method: str, path: str, *, token: str = "", body: bytes = b"") -> None:
        """Sends one request. token: an access token. body: JSON."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        await self.send("\r\n".join([*lines, "", ""]).encode() + body)

    async def answer(self, *, within: float = 40.0) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer. Raises IncompleteReadError or ConnectionError for half of one."""
        async with asyncio.timeout(within):
            first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
            headers = dict(line.lower().split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        self.answered += 1
        return int(first.split()[1]), headers, body

    def close(self) -> None:
        """Closes it, whatever is under way."""
        self.writer.close()
