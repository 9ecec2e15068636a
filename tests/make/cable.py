"""A network cable between a process and a server, which a test cuts: what was sent stays on the way, and nobody is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit


class Cable:
    """Forwards connections to a server until it is cut. target: a Unix socket's path, or host and port.

    host: where it listens.
    """

    def __init__(self, target: str | tuple[str, int], host: str = "127.0.0.1") -> None:
        self._target = target
        self.host = host
        self.port = 0
        self._there, self._back = asyncio.Event(), asyncio.Event()
        self._answers_left: int | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.mend()

    @classmethod
    def to_postgres(cls, url: str, host: str = "127.0.0.1") -> Cable:
        """To the server that a PostgreSQL address names."""
        parts = urlsplit(url)
        folder = parse_qs(parts.query).get("host", [""])[0]
        if folder.startswith("/"):
            (socket,) = [each for each in Path(folder).glob(".s.PGSQL.*") if each.suffix != ".lock"]
            return cls(str(socket), host)
        return cls((parts.hostname or "127.0.0.1", parts.port or 5432), host)

    def postgres_url(self, url: str) -> str:
        """The same database's address, by this cable."""
        parts = urlsplit(url)
        who = parts.netloc.rpartition("@")[0] or "postgres"
        return urlunsplit((parts.scheme, f"{who}@{self.host}:{self.port}", parts.path, "", ""))

    async def open(self) -> None:
        """Begins to listen."""
        self._server = await asyncio.start_server(self._connect, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """From now on nothing passes in either direction."""
        self._there.clear()
        self._back.clear()

    def lose_answers(self, *, after: int) -> None:
        """What is sent arrives, and after so many more pieces nothing comes back."""
        self._answers_left = after

    def mend(self) -> None:
        """Everything passes again. What somebody sent who has hung up since is lost."""
        self._answers_left = None
        self._there.set()
        self._back.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._there.wait()
        try:
            if isinstance(self._target, str):
                far_reader, far_writer = await asyncio.open_unix_connection(self._target)
            else:
                far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        for task in (
            asyncio.create_task(self._pump(reader, far_writer, self._there)),
            asyncio.create_task(self._pump(far_reader, writer, self._back)),
        ):
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                if passes is self._back and self._answers_left is not None:
                    if self._answers_left == 0:
                        self._back.clear()
                    self._answers_left -= 1
                held = not passes.is_set()
                await passes.wait()
                if held and reader.at_eof():
                    break
                writer.write(data)
                await writer.drain()
        await passes.wait()
        writer.close()

    async def close(self) -> None:
        """Ends it and every connection."""
        assert self._server is not None
        self._server.close()
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)


@asynccontextmanager
async def plugged(*cables: Cable) -> AsyncIterator[None]:
    """Opens cables, and ends them afterwards."""
    for cable in cables:
        await cable.open()
    try:
        yield
    finally:
        for cable in cables:
            await cable.close()
