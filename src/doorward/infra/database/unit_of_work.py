"""The transaction a use case runs in: what it may read, change, announce and queue.

Reads before the first change run by themselves, so that slow work (hashing a password) holds nothing. The first change
opens the transaction; from then on everything runs in it, and `paused` is refused.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from doorward.infra.database.dialect import changes_and_records
from doorward.infra.database.driver import Change, Database, Reading, Transaction
from doorward.infra.database.explain import SlowPlans
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.database.statement import Command, Compiled, Query, Rows
from doorward.infra.outbox.record import Job, values_with, write_events, write_jobs
from doorward.infra.outbox.recorded import PREFIX, Recorded
from doorward.infra.telemetry.figures import Figures
from doorward.kernel.actor import Actor
from doorward.kernel.event import Event
from doorward.kernel.problem import Problem

if TYPE_CHECKING:
    from doorward.infra.tools import Tools

Row = TypeVar("Row", bound=tuple[Any, ...])
Section = TypeVar("Section")
AfterCommit = Callable[[], Awaitable[None] | None]
# A change that is not made yet, and its values by name.
Noted = tuple[Command, Mapping[str, Any]]

_log = structlog.stdlib.get_logger("doorward.database")


class Db:
    """Runs statements: by themselves until the first change, then in the transaction that it opened.

    required: the changes that are made as soon as it is opened, each of which must find its row.
    """

    __slots__ = (
        "_database",
        "_figures",
        "_plans",
        "_reads",
        "_slow_seconds",
        "_watches_all",
        "_writable",
        "dialect",
        "required",
        "transaction",
    )

    def __init__(
        self,
        database: Database,
        settings: DatabaseSettings,
        figures: Figures,
        plans: SlowPlans,
        *,
        writable: bool,
        reads: Reading | None = None,
    ) -> None:
        self._database = database
        self._reads = reads or database
        self._figures = figures
        self._slow_seconds = settings.slow_query_seconds
        self._watches_all = settings.log_queries
        self._plans = plans if settings.slow_query_plan else None
        self._writable = writable
        self.dialect = database.name
        self.transaction: Transaction | None = None
        self.required: list[Noted] = []

    async def first(self, query: Query[Row], /, **values: Any) -> Row | None:
        """The first row of a query, or None. values: by the names of the query's places."""
        compiled = query.on(self.dialect)
        started = time.perf_counter()
        try:
            source = self.transaction or (await self.begin() if compiled.writes else self._reads)
            record = await source.first(compiled, compiled.values(values))
        except Problem as problem:
            self._figures.database_failed(problem)
            raise
        elapsed = time.perf_counter() - started
        self._figures.statements.observe(elapsed)
        if self._watches_all or elapsed >= self._slow_seconds:
            self._tell(compiled, elapsed)
        return None if record is None else query.row(*compiled.decoded(record))

    async def all(self, query: Query[Row], /, **values: Any) -> list[Row]:
        """Every row of a query. values: by the names of the query's places."""
        compiled = query.on(self.dialect)
        started = time.perf_counter()
        try:
            source = self.transaction or (await self.begin() if compiled.writes else self._reads)
            records = await source.all(compiled, compiled.values(values), thorough=query.thorough)
        except Problem as problem:
            self._figures.database_failed(problem)
            raise
        self._watch(compiled, time.perf_counter() - started)
        row, decoded = query.row, compiled.decoded
        return [row(*decoded(record)) for record in records]

    async def run(self, command: Command, /, **values: Any) -> int:
        """Changes rows; answers how many. values: by the names of the command's places."""
        compiled = command.on(self.dialect)
        started = time.perf_counter()
        try:
            transaction = self.transaction or await self.begin()
            count = await transaction.run(compiled, compiled.values(values))
        except Problem as problem:
            self._figures.database_failed(problem)
            raise
        self._watch(compiled, time.perf_counter() - started)
        return count

    async def many(self, command: Command, rows: Sequence[Mapping[str, Any]], /) -> None:
        """Runs a command once for each row of values."""
        if not rows:
            return
        compiled = command.on(self.dialect)
        started = time.perf_counter()
        try:
            transaction = self.transaction or await self.begin()
            await transaction.many(compiled, [compiled.values(row) for row in rows])
        except Problem as problem:
            self._figures.database_failed(problem)
            raise
        self._watch(compiled, time.perf_counter() - started)

    async def insert(self, into: Rows, rows: Sequence[tuple[Any, ...]], /) -> None:
        """Writes many new rows at once. rows: tuples in the order of the table's columns."""
        if not rows:
            return
        transaction = self.transaction or await self.begin()
        # No slow-query warning: what is done in bulk takes its time by nature.
        await transaction.insert(into.on(self.dialect), rows)

    async def begin(self) -> Transaction:
        """Opens the transaction, unless it is open, and makes the changes that are required.

        Raises DatabaseBusy, DatabaseUnavailable, or OvertakenError when one of those found no row.
        """
        if not self._writable:
            raise RuntimeError("a change was attempted where only reading was asked for")
        if self.transaction is None:
            self.transaction = await self._database.begin()
            required, self.required = self.required, []
            if required:
                await self.transaction.together(self._compiled(required), needed=len(required))
        return self.transaction

    async def together(self, changes: Sequence[Noted], /, *, last: bool = False) -> None:
        """Runs several changes of different rows, in one round trip where the database can; nobody is told what they did.

        last: nothing comes after them. Where no transaction is open, they are one by themselves then, together with those that
        are required, and durable when this returns. Raises OvertakenError when one of those found no row.
        """
        if not self._writable:
            raise RuntimeError("a change was attempted where only reading was asked for")
        started = time.perf_counter()
        try:
            if last and self.transaction is None:
                required, self.required = self.required, []
                compiled = self._compiled([*required, *changes])
                await self._database.at_once(compiled, needed=len(required))
            else:
                transaction = self.transaction or await self.begin()
                compiled = self._compiled(changes)
                await transaction.together(compiled)
        except Problem as problem:
            self._figures.database_failed(problem)
            raise
        self._watch(compiled[-1][0], time.perf_counter() - started)

    def _compiled(self, changes: Sequence[Noted]) -> list[Change]:
        compiled = []
        for command, values in changes:
            statement = command.on(self.dialect)
            compiled.append((statement, statement.values(values)))
        return compiled

    async def change(self, query: Query[Row], /, **values: Any) -> list[Row]:
        """The rows of a statement that changes something by itself, outside of any transaction; see `Database.change`."""
        if not self._writable or self.transaction is not None or self.required:
            raise RuntimeError("a change by itself inside of a transaction, or where only reading was asked for")
        compiled = query.on(self.dialect)
        started = time.perf_counter()
        try:
            records = await self._database.change(compiled, compiled.values(values))
        except Problem as problem:
            self._figures.database_failed(problem)
            raise
        self._watch(compiled, time.perf_counter() - started)
        return [query.row(*compiled.decoded(record)) for record in records]

    def close(self) -> None:
        """Refuses every further change."""
        self._writable = False

    def _watch(self, compiled: Compiled, elapsed: float) -> None:
        self._figures.statements.observe(elapsed)
        if elapsed < self._slow_seconds and not self._watches_all:
            return
        self._tell(compiled, elapsed)

    def _tell(self, compiled: Compiled, elapsed: float) -> None:
        if elapsed >= self._slow_seconds:
            _log.warning("slow query", statement=compiled.sql, duration_ms=round(elapsed * 1000, 1))
            if self._plans is not None:
                self._plans.tell(self._database, compiled)
        else:
            _log.debug("query", statement=compiled.sql, duration_ms=round(elapsed * 1000, 2))


class Tx:
    """One use case's transaction. The surface opens it by `Tools.writing` and sends its answer only after it ended."""

    __slots__ = ("_after_commit", "_also", "_events", "_jobs", "_writable", "_written", "actor", "db", "now", "tools")

    def __init__(
        self,
        tools: Tools,
        actor: Actor,
        *,
        writable: bool,
        database_settings: DatabaseSettings,
        reads: Reading | None = None,
    ) -> None:
        self.tools = tools
        self.actor = actor
        self.now: datetime = tools.clock.now()
        self.db = Db(tools.database, database_settings, tools.figures, tools.plans, writable=writable, reads=reads)
        self._writable = writable
        self._events: list[Event] = []
        self._written: list[Event] = []
        self._jobs: list[Job] = []
        self._also: list[Noted] = []
        self._after_commit: list[AfterCommit] = []

    def section(self, of: type[Section]) -> Section:
        """The settings of one slice."""
        return self.tools.section(of)

    def emit(self, event: Event) -> None:
        """Records a fact; it is written with the changes, or not at all."""
        self._events.append(event)

    async def change_once(self, query: Recorded[Row], event: Event, /, **values: Any) -> Row | None:
        """The only change of a use case, and the event that records it if the statement found its row.

        On PostgreSQL both are one statement by itself, durable when this returns: whatever can still refuse comes before.
        event: one that says nothing of a person beside ids; whom it concerns, the row says. values: by the names of the
        query's places.
        """
        if self.db.transaction is None and changes_and_records(self.db.dialect):
            recorded = values_with(PREFIX, self.actor, self.now, event)
            del recorded[PREFIX + "user_id"]
            changed = await self.db.change(query.together, **values, **recorded)
            if changed:
                self.tools.figures.happened(event)
            return changed[0] if changed else None
        row = await self.db.first(query, **values)
        if row is not None:
            self.emit(replace(event, user_id=getattr(row, query.user)))
        return row

    async def require(self, command: Command, /, **values: Any) -> bool:
        """A change that must find its row; answers no when the transaction is open and it found none.

        Where it is not open, the change is made before every other: when the first of those opens the transaction, or at the
        end, in one statement with what is written then. OvertakenError says at that moment that it found none, and nothing
        of the transaction may stay; see `settle`.
        """
        if self.db.transaction is not None:
            return bool(await self.db.run(command, **values))
        self.db.required.append((command, values))
        return True

    def also(self, command: Command, /, **values: Any) -> None:
        """A change that nothing in the transaction depends on: it is written together with the events, in their round trip."""
        self._also.append((command, values))

    def enqueue(self, job: Job) -> None:
        """Queues work to be done after the commit; it is written with the changes, or not at all."""
        self._jobs.append(job)

    def after_commit(self, action: AfterCommit) -> None:
        """Something to do in this process once the changes are durable, such as forgetting a cached value."""
        self._after_commit.append(action)

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Slow work outside of the transaction. Refused after the first change, which would then hold its locks meanwhile."""
        if self.db.transaction is not None or self.db.required:
            raise RuntimeError("slow work inside an open transaction")
        yield
        self.now = self.tools.clock.now()

    async def settle(self) -> None:
        """Makes sure, while the use case can still say otherwise, that every change found its row that must.

        Where no transaction is open, everything that was recorded is committed here, and nothing can be changed any more.
        Raises OvertakenError; `start_over` takes everything back then.
        """
        if self.db.transaction is None and self.db.required:
            await self._flush()
            if self.db.transaction is None:
                self.db.close()

    async def start_over(self) -> None:
        """Takes back all that was changed and recorded; reading goes on by itself as before the first change."""
        await self._roll_back()
        for recorded in (self.db.required, self._events, self._jobs, self._also):
            recorded.clear()

    async def _flush(self) -> None:
        """Writes the recorded events and queued jobs, and commits them if that takes no more than one statement."""
        await self._react()
        events, self._events = self._events, []
        jobs, self._jobs = self._jobs, []
        also, self._also = self._also, []
        if events or also:
            await write_events(self.db, self.actor, self.now, events, also, last=not jobs)
            self._written += events
        if jobs:
            await write_jobs(self.db, self.now, jobs)
            if self.tools.wake_worker is not None:
                self._after_commit.append(self.tools.wake_worker)
        if self.db.required:
            await self.db.begin()

    async def _react(self) -> None:
        """Does what follows from the recorded events, also from those that are recorded by doing so."""
        reactions = self.tools.reactions
        for event in self._events:  # grows meanwhile
            for reaction in reactions.get(event.type, ()):
                await reaction(self, event)

    async def finish(self, error: BaseException | None) -> None:
        """Commits, or takes everything back when an error leaves the use case, unless the error keeps its work."""
        keep = error is None or (isinstance(error, Problem) and error.keeps_work)
        try:
            if keep:
                await self._flush()
        except BaseException:
            await self._roll_back()
            raise
        if not keep:
            await self._roll_back()
            return
        transaction, self.db.transaction = self.db.transaction, None
        if transaction is not None:
            await self._commit(transaction)
        self._writable = False
        for event in self._written:
            self.tools.figures.happened(event)
        for action in self._after_commit:
            waiting = action()
            if waiting is not None:
                await waiting

    async def _commit(self, transaction: Transaction) -> None:
        try:
            await transaction.commit()
        except Problem as problem:
            self.tools.figures.database_failed(problem)
            raise

    def close(self) -> None:
        """Ends a reading transaction; what was recorded in it was a mistake."""
        if self._events or self._jobs or self._also or self.db.required:
            raise RuntimeError("an event or job was recorded where only reading was asked for")

    async def _roll_back(self) -> None:
        transaction, self.db.transaction = self.db.transaction, None
        if transaction is not None:
            await transaction.rollback()
