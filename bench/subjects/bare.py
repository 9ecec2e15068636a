"""The bare driver as a subject: a table of people and `bench.targets.bare` on it."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing

from bench.ground import Ground
from bench.load import Caller, Cycle, Load, request
from bench.people import people, person
from bench.postgres import connect
from bench.processes import Server, free_port, start


class Bare:
    """A filled and running point select without anything around it."""

    name = "bare driver"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.server: Server | None = None

    async def open(self) -> None:
        """Fills its table and starts it."""
        address = await self._ground.fresh("bare")
        if self._ground.postgres:
            connection = await connect(address)
            await connection.execute("CREATE TABLE person (id uuid PRIMARY KEY, email text, name text)")
            rows = ((each.id, each.email, each.name) for each in people(self._ground.users))
            await connection.copy_records_to_table("person", records=rows)
            await connection.close()
        else:
            await asyncio.to_thread(self._fill_file, address)
        await self._ground.settle("bare")
        port = free_port()
        options = ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
        self.server = await asyncio.to_thread(
            start,
            self.name,
            [sys.executable, "-m", "uvicorn", "bench.targets.bare:app", *options, "--no-access-log"],
            port=port,
            first="/livez",
            log=self._ground.folder / f"bare-{self._ground.database}.log",
            environment={"BENCH_DATABASE": address},
        )

    def close(self) -> None:
        """Stops it."""
        if self.server:
            self.server.stop()

    def load(self, callers: list[Caller]) -> Load:
        """These callers on this server."""
        if self.server is None:
            raise RuntimeError("the bare driver is not open")
        return Load(self.server.port, callers, self.server.pid, self._ground.database_process)

    def point_select(self) -> list[Caller]:
        """One person by id, over people from the whole table."""
        step = max(1, self._ground.users // 500)
        requests = [request("GET", f"/{person(number).id}") for number in range(0, self._ground.users, step)]
        return [Cycle(requests, contains=b'"email"', start=37 * place) for place in range(self._ground.connections)]

    def _fill_file(self, path: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE person (id blob PRIMARY KEY, email text, name text) WITHOUT ROWID")
            rows = ((each.id.bytes, each.email, each.name) for each in people(self._ground.users))
            connection.executemany("INSERT INTO person VALUES (?, ?, ?)", rows)
