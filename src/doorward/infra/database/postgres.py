"""PostgreSQL by asyncpg, with a small pool of our own.

asyncpg's pool resets each connection at each release, which more than doubles the cost of a point select. Here a
connection returns only after its transaction was ended by us, so there is nothing to reset; one whose state is in doubt
(an error of the connection, a cancelled request) is thrown away instead.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from time import monotonic
from typing import Any, Final

import asyncpg
from sqlalchemy import literal_column, select

from doorward.infra.database.conflicts import Conflicts
from doorward.infra.database.driver import Change, OvertakenError, Record
from doorward.infra.database.problems import DatabaseBusy, DatabaseUnavailable, StatementTimeout, StorageFull
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.statement import Compiled, CompiledRows, Query
from doorward.infra.database.turns import Turns
from doorward.infra.telemetry.figures import Durations
from doorward.kernel.problem import FieldError, InvalidInput, Problem

# Errors after which a connection cannot be trusted, or is gone.
_LOST: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)

# How often connections are looked after, and by how much an answer may be later than the server's own limit allows.
_LOOK_SECONDS: Final = 0.5
_GRACE_SECONDS: Final = 0.5
# Where a value goes. No statement of ours holds a dollar sign otherwise.
_PLACE: Final = re.compile(r"\$(\d+)")
_ALL_IN_USE: Final = "All connections to the database are in use. Try again in a moment."
_ANSWER: Final = Query(select(literal_column("1")), tuple[int]).on("postgresql")


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg brings no types
    """asyncpg's connection with a short way to run a statement that is prepared already.

    The driver's own `fetchrow` walks through six functions before the protocol is reached, for time-outs, query loggers
    and schema changes; only the last of these concerns us.
    """

    __slots__ = ("since",)

    # When the statement under way was sent, by the monotonic clock; None between statements.
    since: float | None

    async def answer(self, sql: str, values: list[Any], limit: int = 0) -> tuple[Sequence[Record], bytes]:
        """The rows of a statement (of a limit of them, if it is not 0) and the tag of its completion."""
        self.since = monotonic()
        try:
            # From the driver's cache; what it does not hold, the driver prepares, and it forgets what is not used.
            statement = self._stmt_cache.get((sql, asyncpg.Record, False)) or await self._get_statement(sql, None)
            try:
                rows, tag, _ = await self._protocol.bind_execute(statement, values, "", limit, True, None)
            except (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError):
                # A migration changed what the statement stands on. The driver knows how to prepare it anew, and when it may not.
                rows, tag, _ = await self._execute(sql, values, limit, None, return_status=True)
            return rows, tag
        finally:
            self.since = None

    async def say(self, sql: str) -> str:
        """Runs a statement without values and rows, such as `COMMIT`; the tag of its completion."""
        self.since = monotonic()
        try:
            tag: str = await self.execute(sql)
        finally:
            self.since = None
        return tag


class Pool:
    """Connections that are opened when first needed and handed to whoever waited longest.

    What may hold a connection for long, transactions and thorough queries, never gets all of them: slow changes to one
    locked row would otherwise take token checks and readiness down with them. `slow` are the places for those.
    """

    def __init__(self, url: str, settings: DatabaseSettings) -> None:
        self._url = url
        self._settings = settings
        self._idle: list[Connection] = []
        self._turns = Turns(settings.pool_size, settings.pool_wait_seconds, _ALL_IN_USE)
        kept_free = min(settings.pool_size - 1, max(1, settings.pool_size // 5))
        self.slow = Turns(
            settings.pool_size - kept_free, settings.pool_wait_seconds, _ALL_IN_USE, waits=self._turns.waits
        )
        self._open = 0
        self._closed = False
        # Of every open connection, for `_look_after`.
        self._connections: set[Connection] = set()
        self._looking: asyncio.TimerHandle | None = None

    def take_idle(self) -> Connection | None:
        """A connection for the caller alone if one is open and free at this moment: most requests' way."""
        if self._idle and self._turns.take_free():
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
            self._turns.give_back()
        return None

    def put_back(self, connection: Connection) -> None:
        """Takes a connection back on which one statement ran by itself and answered; nothing of it can be left over."""
        if self._closed:
            self.release(connection)
            return
        self._idle.append(connection)
        self._turns.give_back()

    async def acquire(self) -> Connection:
        """A connection for the caller alone. Raises DatabaseBusy after `pool_wait_seconds`, or DatabaseUnavailable."""
        if not self._turns.take_free():
            await self._turns.take()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
        try:
            return await self._connect()
        except BaseException:
            self._turns.give_back()
            raise

    async def _connect(self) -> Connection:
        self._open += 1
        try:
            timeout = self._settings.statement_timeout_seconds
            connection: Connection = await asyncpg.connect(
                self._url,
                connection_class=Connection,
                timeout=self._settings.connect_timeout_seconds,
                statement_cache_size=512 if self._settings.prepared_statements else 0,
                server_settings={
                    "application_name": "doorward",
                    "statement_timeout": str(int(timeout * 1000)),
                    # A transaction of a dead or stuck process must not hold its locks for ever.
                    "idle_in_transaction_session_timeout": str(int(timeout * 3000)),
                    "timezone": "UTC",
                    "jit": "off",
                },
            )
            connection.since = None
            self._connections.add(connection)
            if self._looking is None:
                self._looking = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look_after)
            return connection  # noqa: TRY300 - the only thing that can fail is above
        except BaseException as error:
            self._open -= 1
            problem = _explained(error)
            if problem is None:
                raise
            raise problem from error

    def _look_after(self) -> None:
        """Gives connections up whose server has not answered for too long.

        The server ends slow statements by itself. One that stands still, or that the network has lost, ends nothing, and
        whoever waits for it would wait until their own time is up. One timer for all is far cheaper than one a statement.
        """
        latest = monotonic() - self._settings.statement_timeout_seconds - _GRACE_SECONDS
        self._connections = {each for each in self._connections if not each.is_closed()}
        for each in self._connections:
            if each.since is not None and each.since < latest:
                each.terminate()
        self._looking = None
        if self._connections and not self._closed:
            self._looking = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look_after)

    def release(self, connection: Connection, *, broken: bool = False) -> None:
        """Takes a connection back; a broken one is closed at once and its place becomes free."""
        if broken or self._closed or connection.is_closed() or connection.is_in_transaction():
            self._open -= 1
            if not connection.is_closed():
                connection.terminate()
        else:
            self._idle.append(connection)
        self._turns.give_back()

    def counts(self) -> dict[str, int]:
        """Connections in use and idle, and requests that wait for one."""
        waiting = self._turns.waiting + self.slow.waiting
        return {"in_use": self._open - len(self._idle), "idle": len(self._idle), "waiting": waiting}

    @property
    def waits(self) -> Durations:
        """For how long requests waited that did not get a connection at once."""
        return self._turns.waits

    async def close(self) -> None:
        """Closes idle connections; those in use are closed as they come back."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
        idle, self._idle = self._idle, []
        for connection in idle:
            self._open -= 1
            try:
                await connection.close(timeout=2)
            except (TimeoutError, *_LOST):
                connection.terminate()


def _explained(error: BaseException) -> Problem | None:  # noqa: PLR0911 - a table of causes
    """The problem that an error of the driver stands for, if any."""
    if isinstance(error, asyncpg.QueryCanceledError):
        return StatementTimeout("A statement was ended because it took too long. Try again in a moment.")
    if isinstance(error, asyncpg.DiskFullError):
        return StorageFull("The database's disk is full. The operator has to make room.")
    if isinstance(error, asyncpg.TooManyConnectionsError):
        return DatabaseBusy("The database accepts no further connections at the moment.")
    if isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError | asyncpg.LockNotAvailableError):
        return DatabaseBusy("Another change got in the way. Send the request again.")
    if isinstance(error, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError):
        # The surfaces refuse it with the place it stands at; here only the last of the doors is shut.
        return InvalidInput(FieldError("", "text-null-character", "Leave out the character U+0000."))
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError):
        return DatabaseUnavailable(
            "The database refuses the name or password in DATABASE_URL, or has no such database."
        )
    if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
        return None  # a value of ours that the driver cannot send: a mistake in the code, and no outage
    if isinstance(error, (TimeoutError, ssl.SSLError, *_LOST)):
        return DatabaseUnavailable("The database cannot be reached. Try again in a moment.")
    return None


class _Running:
    """Runs statements on one connection and turns the driver's errors into problems."""

    def __init__(self, connection: Connection, conflicts: Conflicts) -> None:
        self._connection = connection
        self._conflicts = conflicts
        self.broken = False

    def fail(self, error: BaseException) -> None:
        """Raises the problem that the driver's error stands for; returns when it stands for none."""
        if isinstance(error, asyncpg.IntegrityConstraintViolationError):
            raise self._conflicts.problem_of_constraint(error.constraint_name) from None
        # A cancelled request leaves its statement half-way on the wire.
        if not isinstance(error, asyncpg.PostgresError) or isinstance(error, _LOST):
            self.broken = True
        problem = _explained(error)
        if problem is not None:
            raise problem from error

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        try:
            records, _ = await self._connection.answer(statement.sql, values, 1)
        except BaseException as error:
            self.fail(error)
            raise
        return records[0] if records else None

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        del thorough  # the driver never blocks the event loop
        try:
            records, _ = await self._connection.answer(statement.sql, values)
        except BaseException as error:
            self.fail(error)
            raise
        return records


def _one_statement(changes: Sequence[Change], needed: int) -> tuple[str, list[Any]]:
    """Several changes as one statement, and its values."""
    text = _joined(tuple(statement.sql for statement, _ in changes), needed)
    return text, [value for _, values in changes for value in values]


@lru_cache(maxsize=256)
def _joined(statements: tuple[str, ...], needed: int) -> str:
    """Several changes as the parts of one WITH, which run whether or not they are named.

    needed: so many of the first must find a row. Where one finds none, the statement divides by zero, and so nothing of it
    stays. They run in their order, which is that in which the rows are locked elsewhere too: each is run when it is first
    asked for, and the others at the end.
    """
    renamed = []
    before = 0
    for statement in statements:
        numbers = [int(each) for each in _PLACE.findall(statement)]
        renamed.append(_PLACE.sub(partial(_moved, before), statement))
        before += max(numbers, default=0)
    if not needed:
        parts = ", ".join(f"part{number} AS ({each})" for number, each in enumerate(renamed[:-1]))
        return f"WITH {parts} {renamed[-1]}" if parts else renamed[-1]
    answering = [
        f"{each} RETURNING 1" if number < needed and not each.startswith("SELECT") else each
        for number, each in enumerate(renamed)
    ]
    parts = ", ".join(f"part{number} AS ({each})" for number, each in enumerate(answering))
    found = ", ".join(f"1 / (SELECT count(*) FROM part{number})" for number in range(needed))  # noqa: S608 - numbers of ours
    return f"WITH {parts} SELECT {found}"


def _moved(by: int, place: re.Match[str]) -> str:
    return f"${int(place[1]) + by}"


class PostgresTransaction(_Running):
    """A transaction on a connection of its own, READ COMMITTED."""

    def __init__(self, pool: Pool, connection: Connection, conflicts: Conflicts) -> None:
        super().__init__(connection, conflicts)
        self._pool = pool

    async def run(self, statement: Compiled, values: list[Any]) -> int:
        """Changes rows; answers how many."""
        try:
            _, tag = await self._connection.answer(statement.sql, values)
        except BaseException as error:
            self.fail(error)
            raise
        count = tag.rpartition(b" ")[2]
        return int(count) if count.isdigit() else 0

    async def together(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        """Runs several changes of different rows in one round trip. needed: see `Transaction`."""
        try:
            await self._connection.answer(*_one_statement(changes, needed))
        except asyncpg.DivisionByZeroError:
            raise OvertakenError from None
        except BaseException as error:
            self.fail(error)
            raise

    async def many(self, statement: Compiled, rows: list[list[Any]]) -> None:
        """Runs one statement once for each list of values, in one round trip."""
        try:
            await self._connection.executemany(statement.sql, rows)
        except BaseException as error:
            self.fail(error)
            raise

    async def insert(self, rows: CompiledRows, values: Sequence[tuple[Any, ...]]) -> None:
        """Writes many new rows, by COPY."""
        try:
            await self._connection.copy_records_to_table(rows.table, columns=rows.columns, records=rows.encoded(values))
        except BaseException as error:
            self.fail(error)
            raise

    @property
    def connection(self) -> Any:
        """The driver's own connection, for what only PostgreSQL can do, such as COPY."""
        return self._connection

    async def commit(self) -> None:
        """Makes the changes durable. When the answer is lost on the way, DatabaseUnavailable says that it is unknown."""
        try:
            status = await self._connection.say("COMMIT")
        except BaseException as error:
            self.broken = True
            self.fail(error)
            raise
        finally:
            self._leave()
        if status != "COMMIT":
            # PostgreSQL answers the COMMIT of a transaction in which a statement failed with a silent ROLLBACK; whoever
            # swallowed that failure must not go on to tell a caller that the changes were kept.
            raise RuntimeError("the transaction was rolled back because a statement in it had failed")

    async def rollback(self) -> None:
        """Takes the changes back; a connection that cannot even do that is thrown away, which has the same effect."""
        try:
            if not self.broken:
                await self._connection.say("ROLLBACK")
        except BaseException as error:
            self.broken = True
            if not isinstance(error, Exception):
                raise
        finally:
            self._leave()

    def _leave(self) -> None:
        self._pool.release(self._connection, broken=self.broken)
        self._pool.slow.give_back()


class PostgresDatabase:
    """A PostgreSQL server, version 14 or later."""

    name = "postgresql"

    def __init__(self, url: str, settings: DatabaseSettings, conflicts: Conflicts) -> None:
        self._pool = Pool(url, settings)
        self.most_connections = settings.pool_size
        self._conflicts = conflicts

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[_Running]:
        connection = await self._pool.acquire()
        running = _Running(connection, self._conflicts)
        try:
            yield running
        finally:
            self._pool.release(connection, broken=running.broken)

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        """The first row of a statement run by itself."""
        # Written out without the context manager above, and apart from `_answer`: this is the hottest line of the product.
        pool = self._pool
        connection = pool.take_idle() or await pool.acquire()
        try:
            records, _ = await connection.answer(statement.sql, values, 1)
        except BaseException as error:
            self._give_back_after(error, connection)
            raise
        pool.put_back(connection)
        return records[0] if records else None

    async def _answer(self, sql: str, values: list[Any]) -> Sequence[Record]:
        pool = self._pool
        connection = pool.take_idle() or await pool.acquire()
        try:
            records, _ = await connection.answer(sql, values)
        except BaseException as error:
            self._give_back_after(error, connection)
            raise
        pool.put_back(connection)
        return records

    def _give_back_after(self, error: BaseException, connection: Connection) -> None:
        """Takes a connection back whose statement failed. Raises the problem that the error stands for, if any."""
        running = _Running(connection, self._conflicts)
        try:
            running.fail(error)
        finally:
            self._pool.release(connection, broken=running.broken)

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        """Every row of a statement run by itself."""
        if not thorough:
            return await self._answer(statement.sql, values)
        await self._pool.slow.take()
        try:
            async with self._borrowed() as running:
                return await running.all(statement, values, thorough=True)
        finally:
            self._pool.slow.give_back()

    async def change(self, statement: Compiled, values: list[Any]) -> Sequence[Record]:
        """The rows of a statement that changes something, run by itself."""
        return await self._change(statement.sql, values)

    async def at_once(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        """Runs several changes as one statement. needed: see `Database`."""
        try:
            await self._change(*_one_statement(changes, needed))
        except asyncpg.DivisionByZeroError:
            raise OvertakenError from None

    async def _change(self, sql: str, values: list[Any]) -> Sequence[Record]:
        """It may wait for a lock, so it takes a slow place."""
        slow = self._pool.slow
        if not slow.take_free():
            await slow.take()
        try:
            return await self._answer(sql, values)
        finally:
            slow.give_back()

    async def begin(self) -> PostgresTransaction:
        """Opens a transaction."""
        await self._pool.slow.take()
        try:
            connection = await self._pool.acquire()
        except BaseException:
            self._pool.slow.give_back()
            raise
        transaction = PostgresTransaction(self._pool, connection, self._conflicts)
        try:
            await connection.say("BEGIN")
        except BaseException as error:
            transaction.broken = True
            self._pool.release(connection, broken=True)
            self._pool.slow.give_back()
            problem = _explained(error)
            if problem is None:
                raise
            raise problem from error
        return transaction

    async def check(self) -> None:
        """Raises DatabaseUnavailable when the server does not answer."""
        async with self._borrowed() as running:
            await running.first(_ANSWER, [])

    def connections(self) -> dict[str, int]:
        """How many connections are in use and idle, and how many requests wait for one."""
        return self._pool.counts()

    def waits(self) -> Durations:
        """For how long requests waited that did not get a connection at once."""
        return self._pool.waits

    async def close(self) -> None:
        """Closes every connection."""
        await self._pool.close()
