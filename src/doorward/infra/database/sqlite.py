"""SQLite by the standard library: one writer, readers beside it, write-ahead log.

Statements run on the event loop: a hand-over to a thread costs more than they do. Commits, bulk changes and thorough
queries run in threads; another process's lock is waited for asleep. Transactions that wait for the writer become durable
together: each is a savepoint of one that is committed when nobody waits any more, and none is answered before.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from doorward.infra.database.conflicts import Conflicts
from doorward.infra.database.dialect import FROM_HEXADECIMAL
from doorward.infra.database.driver import Change, OvertakenError, Record
from doorward.infra.database.problems import DatabaseBusy, DatabaseUnavailable, StatementTimeout, StorageFull
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.statement import Compiled, CompiledRows
from doorward.infra.database.turns import Turns
from doorward.infra.telemetry.figures import Durations
from doorward.kernel.problem import Problem

P = ParamSpec("P")
T = TypeVar("T")

# How often a running statement looks at its deadline, in steps of SQLite's virtual machine (about a millisecond).
_STEPS_BETWEEN_LOOKS: Final = 100_000
_BUSY: Final = "The database is busy writing. Try again in a moment."
_MANY_ROWS: Final = 1000
# How many transactions at most wait for one another before they are committed, for the sake of other processes.
_MOST_TOGETHER: Final = 32


class _Connection:
    """One connection, with a deadline for each statement."""

    def __init__(self, path: Path, settings: DatabaseSettings, conflicts: Conflicts) -> None:
        self._conflicts = conflicts
        self._limit = settings.statement_timeout_seconds
        self._deadline = 0.0
        try:
            self.raw = sqlite3.connect(
                path,
                timeout=settings.busy_timeout_seconds,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
        except sqlite3.Error as error:
            raise self.explained(error) from error
        try:
            # Waits while another process migrates a new file; from then on waiting is done asleep, not in the driver.
            self.raw.execute("PRAGMA journal_mode = WAL")
            self.raw.execute("PRAGMA busy_timeout = 0")
            self.raw.execute(f"PRAGMA synchronous = {settings.synchronous.upper()}")
            self.raw.execute("PRAGMA foreign_keys = ON")
            self.raw.execute("PRAGMA temp_store = MEMORY")
        except sqlite3.Error as error:
            self.raw.close()
            raise self.explained(error) from error
        self.raw.create_function(FROM_HEXADECIMAL, 1, bytes.fromhex, deterministic=True)
        self.raw.set_progress_handler(self._overdue, _STEPS_BETWEEN_LOOKS)

    def _overdue(self) -> bool:
        return time.monotonic() > self._deadline

    def explained(self, error: sqlite3.Error) -> Exception:
        """The driver's error as the problem it stands for, or unchanged."""
        message = str(error)
        if isinstance(error, sqlite3.IntegrityError):
            return self._conflicts.problem_of_message(message)
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return DatabaseBusy("Another process is writing. Try again in a moment.")
        if name.startswith("SQLITE_FULL") or name == "SQLITE_IOERR_WRITE":
            return StorageFull("The disk that holds the database is full. The operator has to make room.")
        if name == "SQLITE_INTERRUPT":
            return StatementTimeout("A statement was ended because it took too long. Try again in a moment.")
        if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return DatabaseUnavailable(f"The database file cannot be used ({name}). The operator has to look at it.")
        return error

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        self._deadline = time.monotonic() + self._limit
        try:
            return self.raw.execute(statement, values)
        except sqlite3.Error as error:
            raise self.explained(error) from None

    def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        cursor = self.execute(statement.sql, values)
        try:
            record: Record | None = cursor.fetchone()
            # RETURNING gives its first row before the statement has come to its end; only the end makes it whole.
            if statement.writes:
                cursor.fetchall()
        except sqlite3.Error as error:
            raise self.explained(error) from None
        finally:
            cursor.close()
        return record

    def all(self, statement: Compiled, values: list[Any]) -> Sequence[Record]:
        cursor = self.execute(statement.sql, values)
        try:
            return cursor.fetchall()
        except sqlite3.Error as error:
            raise self.explained(error) from None

    def run(self, statement: Compiled, values: list[Any]) -> int:
        cursor = self.execute(statement.sql, values)
        # Of what answers rows, also without changing any, the rows count.
        return cursor.rowcount if cursor.description is None else len(cursor.fetchall())

    def many(self, statement: Compiled, rows: list[list[Any]]) -> None:
        # Bulk changes are bounded by their callers, not by the time of one statement.
        self._deadline = float("inf")
        try:
            self.raw.executemany(statement.sql, rows)
        except sqlite3.Error as error:
            raise self.explained(error) from None

    def insert(self, rows: CompiledRows, values: Sequence[tuple[Any, ...]]) -> None:
        if len(values) >= _MANY_ROWS:
            # The default of 2 MiB holds not even the indexes that a bulk insert walks through. It is taken as it is needed,
            # and nothing but an import needs it.
            self.raw.execute(f"PRAGMA cache_size = -{64 * 1024}")
            # And the pages that every chunk changes anew need not be carried from the log into the file after each.
            self.raw.execute("PRAGMA wal_autocheckpoint = 16384")
        self._deadline = float("inf")
        try:
            self.raw.executemany(rows.sql, rows.encoded(values))
        except sqlite3.Error as error:
            raise self.explained(error) from None


async def _in_thread(executor: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs work in a thread and never leaves before it has ended, not even when cancelled: the connection is in its hands."""
    future = asyncio.get_running_loop().run_in_executor(executor, lambda: work(*args, **kwargs))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError:
                continue
        raise


class SqliteTransaction:
    """The one transaction that writes: it holds the writer until it ends, and is durable when `commit` returns."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._connection = database.writer

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        """The first row, if any."""
        return self._connection.first(statement, values)

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        """Every row."""
        if thorough:
            return await _in_thread(self._database.threads, self._connection.all, statement, values)
        return self._connection.all(statement, values)

    async def run(self, statement: Compiled, values: list[Any]) -> int:
        """Changes rows; answers how many."""
        return self._connection.run(statement, values)

    async def together(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        """Runs several changes, one after another. needed: see `Transaction`."""
        for number, (statement, values) in enumerate(changes):
            if not self._connection.run(statement, values) and number < needed:
                raise OvertakenError

    async def many(self, statement: Compiled, rows: list[list[Any]]) -> None:
        """Runs one statement once for each list of values."""
        if len(rows) > 20:
            await _in_thread(self._database.threads, self._connection.many, statement, rows)
        else:
            self._connection.many(statement, rows)

    async def insert(self, rows: CompiledRows, values: Sequence[tuple[Any, ...]]) -> None:
        """Writes many new rows."""
        await _in_thread(self._database.threads, self._connection.insert, rows, values)

    async def commit(self) -> None:
        """Makes the changes durable."""
        try:
            self._connection.execute("RELEASE one")
        except BaseException:
            self._database.take_back()
            raise
        await self._database.become_durable()

    async def rollback(self) -> None:
        """Takes the changes back. Returns when what it stood on is durable: it may have failed by what others had just written."""
        others = self._database.take_back()
        if others is not None:
            with contextlib.suppress(Problem):
                await others


class SqliteDatabase:
    """An SQLite file."""

    name = "sqlite"
    # That write.
    most_connections = 1

    def __init__(self, path: Path, settings: DatabaseSettings, conflicts: Conflicts) -> None:
        self.path = path
        self._settings = settings
        self._conflicts = conflicts
        self.writer = _Connection(path, settings, conflicts)
        self._reader = _Connection(path, settings, conflicts)
        # For changes that need not be durable at once: it leaves the write-ahead log, in which they stand before whatever
        # follows, to be written to the disk with that.
        self._soon = _Connection(path, settings.model_copy(update={"synchronous": "normal"}), conflicts)
        self._soon.execute("PRAGMA wal_autocheckpoint = 0")
        self._thorough: list[_Connection] = []
        self.threads = ThreadPoolExecutor(4, thread_name_prefix="doorward-sqlite")
        self._turn = Turns(1, settings.busy_timeout_seconds, _BUSY)
        # Of those who have ended their transaction and are told when it is durable.
        self._ended: list[asyncio.Future[None]] = []
        self._committing: asyncio.Task[None] | None = None

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        """The first row of a statement run by itself."""
        return self._reader.first(statement, values)

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        """Every row of a statement run by itself."""
        if not thorough:
            return self._reader.all(statement, values)
        connection = self._thorough.pop() if self._thorough else _Connection(self.path, self._settings, self._conflicts)
        try:
            return await _in_thread(self.threads, connection.all, statement, values)
        finally:
            self._thorough.append(connection)

    async def change(self, statement: Compiled, values: list[Any]) -> Sequence[Record]:
        """The rows of a statement that changes something, in a transaction of its own."""
        if statement.soon and self._turn.take_free():
            # Without a thread: there is no disk to wait for.
            try:
                return self._soon.all(statement, values)
            except DatabaseBusy:
                pass  # another process is writing; below it is waited for
            finally:
                self._turn.give_back()
        transaction = await self.begin()
        try:
            records = await transaction.all(statement, values)
        except BaseException:
            await transaction.rollback()
            raise
        await transaction.commit()
        return records

    async def at_once(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        """Runs several changes as a transaction of their own. needed: see `Database`."""
        transaction = await self.begin()
        try:
            await transaction.together(changes, needed=needed)
        except BaseException:
            await transaction.rollback()
            raise
        await transaction.commit()

    async def begin(self) -> SqliteTransaction:
        """Waits for this process's turn, then for other processes, both together at most `busy_timeout_seconds`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.busy_timeout_seconds
        await self._turn.take(self._leave)
        try:
            if not self._ended:
                await self._begin_immediate(loop, until)
            self.writer.execute("SAVEPOINT one")
        except BaseException:
            if not self._ended:
                self._undo_all()
            self._leave()
            raise
        return SqliteTransaction(self)

    async def _begin_immediate(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        pause = 0.001
        while True:
            try:
                self.writer.execute("BEGIN IMMEDIATE")
            except DatabaseBusy:
                # Another process writes. Its transactions are short; look again soon, then less often.
                if loop.time() + pause > until:
                    raise DatabaseBusy(_BUSY) from None
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.02)
            else:
                return

    async def become_durable(self) -> None:
        """Ends the transaction that holds the writer, and returns when it has been committed together with others."""
        durable = asyncio.get_running_loop().create_future()
        self._ended.append(durable)
        self._leave()
        # Nothing is undone when the caller is cancelled here: the others' changes may stand on its own.
        await durable

    def take_back(self) -> asyncio.Future[None] | None:
        """Undoes the transaction that holds the writer, and no other of those that are to be committed with it.

        Answers what ends with the commit of those others, if there are any.
        """
        others: asyncio.Future[None] | None = None
        raw = self.writer.raw
        try:
            if raw.in_transaction:
                raw.execute("ROLLBACK TO one")
                raw.execute("RELEASE one")
        except sqlite3.Error:
            self._undo_all()
        if not self.writer.raw.in_transaction:
            # A full disk or a failing one makes SQLite take everything back by itself.
            self._tell(
                DatabaseUnavailable("The change was taken back because another one failed. Try again in a moment.")
            )
        elif self._ended:
            others = asyncio.get_running_loop().create_future()
            # Whether anybody waits for it or not, a failure is told to those who wrote.
            others.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._ended.append(others)
        else:
            self._undo_all()
        self._leave()
        return others

    def _leave(self) -> None:
        """Hands the writer to whoever waited longest; commits first when nobody does, or enough are waiting for that."""
        if len(self._ended) < _MOST_TOGETHER and self._turn.pass_on():
            return
        if self._ended:
            self._committing = asyncio.get_running_loop().create_task(self._commit())
        else:
            self._turn.give_back()

    async def _commit(self) -> None:
        """Makes durable what has ended. Holds the writer meanwhile."""
        failure: BaseException | None = None
        try:
            await _in_thread(self.threads, self.writer.execute, "COMMIT")
        except BaseException as error:  # noqa: BLE001 - told to those who wait, each of whom raises it
            failure = error
            self._undo_all()
        self._tell(failure)
        self._turn.give_back()

    def _tell(self, failure: BaseException | None) -> None:
        """Tells everybody whose transaction has ended what became of it."""
        ended, self._ended = self._ended, []
        for durable in ended:
            if durable.done():
                continue
            if failure is None:
                durable.set_result(None)
            else:
                durable.set_exception(failure)

    def _undo_all(self) -> None:
        if self.writer.raw.in_transaction:
            try:
                self.writer.raw.execute("ROLLBACK")
            except sqlite3.Error:
                self.renew_writer()

    def renew_writer(self) -> None:
        """Opens the writer anew after an error that left its transaction open."""
        self.writer.raw.close()
        self.writer = _Connection(self.path, self._settings, self._conflicts)

    async def check(self) -> None:
        """Raises DatabaseUnavailable when the file cannot be read."""
        self._reader.execute("SELECT count(*) FROM sqlite_master").fetchall()

    def connections(self) -> dict[str, int]:
        """Whether the writer is in use, and how many requests wait for it."""
        return {"in_use": 1 - self._turn.free, "idle": self._turn.free, "waiting": self._turn.waiting}

    def waits(self) -> Durations:
        """For how long requests waited for the writer that did not get it at once."""
        return self._turn.waits

    async def close(self) -> None:
        """Closes every connection; the last one to close folds the write-ahead log into the file."""
        if self._committing is not None:
            await asyncio.wait([self._committing])
        self.threads.shutdown()
        for connection in (*self._thorough, self._reader, self._soon, self.writer):
            connection.raw.close()
