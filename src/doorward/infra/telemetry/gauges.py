"""The figures of a running Doorward below its domain: database, jobs, hashing and what was counted on the way."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from typing import TYPE_CHECKING

from doorward import __version__
from doorward.infra.database.problems import DatabaseUnavailable
from doorward.infra.outbox.backlog import Backlog, backlog
from doorward.infra.telemetry import metrics
from doorward.infra.telemetry.counters import Sample, lookups
from doorward.infra.telemetry.logs import Logs
from doorward.kernel.actor import system
from doorward.kernel.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.infra.tools import Tools


class Gauges:
    """Says what the parts of one process are doing. logs: the process's log, for the lines that it had to drop."""

    def __init__(self, tools: Tools, logs: Logs | None = None) -> None:
        self._tools = tools
        self._logs = logs
        self._backlog: Backlog | None = None
        self._looked_at: datetime | None = None
        self._is_up = True
        self._replica_lag = float("inf")

    async def look(self) -> None:
        """Asks the database how much work waits."""
        if self._tools.replica is not None:
            await self._tools.replica.look()
            self._replica_lag = self._tools.replica.lag()
        try:
            async with self._tools.reading(system()) as tx:
                self._backlog = await backlog(tx.db, tx.now)
                self._looked_at = tx.now
            self._is_up = True
        except DatabaseUnavailable:
            self._is_up = False
        except Problem:
            # Busy or slow is not away; the figures of the last look stand.
            return

    def samples(self) -> Iterable[Sample]:
        """Everything at this moment."""
        yield from self._database()
        yield from self._work()
        yield from self._hashing()
        for key, number in list(self._tools.figures.events.items()):
            yield Sample(metrics.EVENTS, key, number)
        for step, number in list(self._tools.figures.sign_in_steps.items()):
            yield Sample(metrics.SIGN_IN_STEPS, step, number)
        for name, look_up in list(self._tools.figures.caches.items()):
            yield from lookups(name, look_up())
        if self._logs is not None:
            yield Sample(metrics.LOG_DROPPED, (), self._logs.output.dropped)
        yield Sample(metrics.BUILD, (__version__, platform.python_version(), self._tools.database.name), 1)

    def _database(self) -> Iterable[Sample]:
        database, figures = self._tools.database, self._tools.figures
        counts = database.connections()
        yield Sample(metrics.CONNECTIONS, ("in_use",), counts["in_use"])
        yield Sample(metrics.CONNECTIONS, ("idle",), counts["idle"])
        yield Sample(metrics.CONNECTIONS_WAITED_FOR, (), counts["waiting"])
        yield Sample(metrics.CONNECTIONS_MOST, (), database.most_connections)
        yield Sample(metrics.CHECKOUT_SECONDS, (), database.waits())
        yield Sample(metrics.STATEMENT_SECONDS, (), figures.statements)
        for code, number in list(figures.database_errors.items()):
            yield Sample(metrics.DATABASE_ERRORS, (code,), number)
        yield Sample(metrics.DATABASE_UP, (), self._is_up)
        if self._tools.replica is not None:
            yield Sample(metrics.REPLICA_LAG, (), self._replica_lag)
            for server, number in self._tools.replica.answered.items():
                yield Sample(metrics.REPLICA_READS, (server,), number)

    def _work(self) -> Iterable[Sample]:
        for key, durations in list(self._tools.figures.jobs.items()):
            yield Sample(metrics.JOB_SECONDS, key, durations)
        found = self._backlog
        if found is None or self._looked_at is None:
            return
        for state in ("due", "scheduled", "running", "dead"):
            yield Sample(metrics.JOBS, (state,), getattr(found, state))
        oldest = 0.0 if found.since is None else (self._looked_at - found.since).total_seconds()
        yield Sample(metrics.JOBS_OLDEST, (), oldest)

    def _hashing(self) -> Iterable[Sample]:
        pool = self._tools.hashing
        yield Sample(metrics.HASH_SECONDS, (), pool.durations)
        yield Sample(metrics.HASHES_REFUSED, (), pool.refused)
        yield Sample(metrics.HASHES_WAITING, (), pool.waiting)
        yield Sample(metrics.HASHES_RUNNING, (), pool.running)
