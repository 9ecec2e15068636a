"""Runs jobs: claims them under a lease, hands each to its handler, and tries again later what failed.

A job runs at least once. A worker that dies leaves its lease to run out, and another takes over; so handlers do the same
again without harm.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import bindparam, delete, or_, select, update

from doorward.infra.database.dialect import among, insert_if_absent
from doorward.infra.database.statement import Command, Query
from doorward.infra.outbox.record import Job
from doorward.infra.outbox.tables import jobs, schedules
from doorward.kernel.actor import system
from doorward.kernel.problem import Kind, Problem

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Tx
    from doorward.infra.tools import Tools

_log = structlog.stdlib.get_logger("doorward.worker")

Handler = Callable[["Tx", Mapping[str, Any]], Awaitable[None]]

LEASE: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 12
_BATCH: Final = 10
# What such a problem says is true of the moment and not of the job.
_PASSING: Final = frozenset({Kind.UNAVAILABLE, Kind.STORAGE_FULL})
_LOOK_AGAIN: Final = timedelta(seconds=15)


class ClaimedJob(NamedTuple):
    """A job that this worker may run until its lease ends."""

    id: UUID
    kind: str
    payload: Any
    attempts: int


class ScheduledRow(NamedTuple):
    """When something that recurs is due."""

    name: str
    next_run_at: datetime


# What a newer version queued waits for a worker that knows it: while both run, a try here would only be a failure.
_for_us = (
    jobs.c.dead_at.is_(None),
    jobs.c.run_at <= bindparam("now"),
    or_(jobs.c.leased_until.is_(None), jobs.c.leased_until < bindparam("now")),
    among(jobs.c.kind, "kinds"),
)
_due = (
    select(jobs.c.id).where(*_for_us).order_by(jobs.c.run_at).limit(bindparam("most")).with_for_update(skip_locked=True)
)
ANY_DUE: Final = Query(select(jobs.c.id).where(*_for_us).limit(1), tuple[UUID])
CLAIM: Final = Query(
    update(jobs)
    .where(jobs.c.id.in_(_due))
    .values(leased_until=bindparam("until"), leased_by=bindparam("worker"), attempts=jobs.c.attempts + 1)
    .returning(jobs.c.id, jobs.c.kind, jobs.c.payload, jobs.c.attempts),
    ClaimedJob,
)
DONE: Final = Command(delete(jobs).where(jobs.c.id == bindparam("id"), jobs.c.leased_by == bindparam("worker")))
AGAIN: Final = Command(
    update(jobs)
    .where(jobs.c.id == bindparam("id"), jobs.c.leased_by == bindparam("worker"))
    .values(
        run_at=bindparam("run_at"),
        leased_until=None,
        leased_by=None,
        last_error=bindparam("last_error"),
        dead_at=bindparam("dead_at"),
        attempts=bindparam("attempts"),
    )
)
SCHEDULED: Final = Query(select(schedules.c.name, schedules.c.next_run_at), ScheduledRow)
FIRST_TIME: Final = Command(insert_if_absent(schedules, "name"))
TAKE_TURN: Final = Command(
    update(schedules)
    .where(schedules.c.name == bindparam("name"), schedules.c.next_run_at <= bindparam("now"))
    .values(next_run_at=bindparam("next"))
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that recurs. name: also the kind of its jobs. every: the time between two runs."""

    name: str
    every: timedelta


class LeaseLost(Exception):  # noqa: N818 - no failure of the job; another worker has it
    """The job belongs to another worker by now; what was done here is taken back."""


class Worker:
    """Runs the jobs of one process, some at a time.

    handlers: by the kind of job. schedules: what recurs; of all workers on one database, one queues each run.
    """

    def __init__(
        self,
        tools: Tools,
        handlers: Mapping[str, Handler],
        recurring: Sequence[Schedule] = (),
        *,
        poll_seconds: float = 2.0,
    ) -> None:
        self._tools = tools
        self._handlers = handlers
        self._kinds = sorted(handlers)
        self._recurring = recurring
        self._poll_seconds = poll_seconds
        self._name = f"{socket.gethostname()}:{os.getpid()}:{random.randrange(1 << 32):08x}"  # noqa: S311 - a name
        self._awake = asyncio.Event()
        self._stopping = False
        self._next_look = datetime.min.replace(tzinfo=UTC)

    def wake(self) -> None:
        """Something was queued: look at once instead of at the next poll."""
        self._awake.set()

    def stop(self) -> None:
        """Ends `run` after the jobs in hand."""
        self._stopping = True
        self._awake.set()

    async def run(self) -> None:
        """Works until `stop`. Errors of the database are logged and waited out."""
        while not self._stopping:
            self._awake.clear()
            try:
                await self._queue_recurring()
                busy = await self.work_once()
            except Problem as problem:
                _log.warning("the worker waits for the database", code=problem.code)
                busy = 0
            except Exception:  # noqa: BLE001 - logged below; a worker must outlive whatever happens
                _log.exception("the worker failed to look for jobs")
                busy = 0
            if busy == 0 and not self._stopping:
                try:
                    # Spread over time, so that many workers do not ask all at once.
                    pause = self._poll_seconds * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
                    async with asyncio.timeout(pause):
                        await self._awake.wait()
                except TimeoutError:
                    continue

    async def work_once(self) -> int:
        """Claims and runs what is due now; answers how many jobs that was."""
        async with self._tools.reading(system()) as tx:
            # A look costs no write lock; most looks find nothing.
            if await tx.db.first(ANY_DUE, now=tx.now, kinds=self._kinds) is None:
                return 0
        async with self._tools.writing(system()) as tx:
            claimed = await tx.db.all(
                CLAIM, now=tx.now, until=tx.now + LEASE, worker=self._name, most=_BATCH, kinds=self._kinds
            )
        await asyncio.gather(*(self._run_one(job) for job in claimed))
        return len(claimed)

    async def _run_one(self, job: ClaimedJob) -> None:
        if job.attempts > MOST_ATTEMPTS:
            # Whoever had it before never came back to say what went wrong: it may be what ends them.
            await self._put_back(job, TimeoutError("no worker ever finished this job"))
            return
        handler = self._handlers[job.kind]
        started = time.perf_counter()
        result = "done"
        try:
            async with asyncio.timeout(LEASE.total_seconds() * 0.8), self._tools.writing(system()) as tx:
                await handler(tx, job.payload)
                # Ends with the job's own changes: it is done exactly when they are kept.
                await self._finish(tx, job)
        except LeaseLost:
            result = "lost"
            _log.warning("a job took longer than its lease", kind=job.kind, job_id=str(job.id), attempt=job.attempts)
        except Exception as error:  # noqa: BLE001 - whatever failed, the job must be put back
            result = "dead" if job.attempts >= MOST_ATTEMPTS else "failed"
            await self._put_back(job, error)
        finally:
            self._tools.figures.job_ended(job.kind, result, time.perf_counter() - started)

    async def _finish(self, tx: Tx, job: ClaimedJob) -> None:
        """Ends a job, while it is still ours."""
        if not await tx.db.run(DONE, id=job.id, worker=self._name):
            # The lease ran out (this process stood still) and another worker has the job: its changes count.
            raise LeaseLost

    async def _put_back(self, job: ClaimedJob, error: Exception) -> None:
        dead = job.attempts >= MOST_ATTEMPTS
        about: dict[str, Any] = {
            "kind": job.kind,
            "job_id": str(job.id),
            "attempt": job.attempts,
            "dead": dead,
        }
        if isinstance(error, Problem) and error.kind in _PASSING and not dead:
            # No failure of the job: what it stands on is away, busy or full.
            _log.warning("job waits", code=error.code, **about)
        else:
            _log.error("job failed", exc_info=error, **about)
        pause = timedelta(seconds=min(2.0**job.attempts, 3600) * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        async with self._tools.writing(system()) as tx:
            await tx.db.run(
                AGAIN,
                id=job.id,
                worker=self._name,
                run_at=tx.now + pause,
                # The type alone: messages can hold values.
                last_error=type(error).__name__,
                dead_at=tx.now if dead else None,
                attempts=job.attempts,
            )

    async def _queue_recurring(self) -> None:
        now = self._tools.clock.now()
        if now < self._next_look:
            return
        async with self._tools.reading(system()) as tx:
            # A look costs no write lock; most looks find nothing.
            times = {row.name: row.next_run_at for row in await tx.db.all(SCHEDULED)}
        for schedule in self._recurring:
            if schedule.name not in times or times[schedule.name] <= now:
                async with self._tools.writing(system()) as tx:
                    await self._take_turn(tx, schedule, tx.now)
        # Only now: when the database was away, the look comes at the next poll. Soon, because the one whose turn it would
        # have been may have died.
        self._next_look = now + _LOOK_AGAIN

    @staticmethod
    async def _take_turn(tx: Tx, schedule: Schedule, now: datetime) -> None:
        await tx.db.run(FIRST_TIME, name=schedule.name, next_run_at=now)
        # Whoever moves the time forward queues the run; everybody else changes no row.
        if await tx.db.run(TAKE_TURN, name=schedule.name, now=now, next=now + schedule.every):
            tx.enqueue(Job(schedule.name, {}, key=schedule.name))
