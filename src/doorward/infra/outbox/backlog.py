"""How much work waits, for an operator who looks at an installation."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, case, func, not_, select

from doorward.infra.database.statement import Query
from doorward.infra.outbox.tables import jobs

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Db


class Waiting(NamedTuple):
    """Jobs whose time has come: how many, and since when the oldest waits."""

    number: int
    since: datetime | None


class Dead(NamedTuple):
    """Jobs that were given up, and a kind that is among them."""

    number: int
    kind: str | None


class Backlog(NamedTuple):
    """Every job, by state. since: the time since which the oldest due one waits."""

    due: int
    scheduled: int
    running: int
    dead: int
    since: datetime | None


_alive = jobs.c.dead_at.is_(None)
_leased = and_(jobs.c.leased_until.is_not(None), jobs.c.leased_until >= bindparam("now"))
_due = and_(_alive, jobs.c.run_at <= bindparam("now"), not_(_leased))
_BACKLOG: Final = Query(
    select(
        func.count(case((_due, 1))).label("due"),
        func.count(case((and_(_alive, jobs.c.run_at > bindparam("now")), 1))).label("scheduled"),
        func.count(case((and_(_alive, jobs.c.run_at <= bindparam("now"), _leased), 1))).label("running"),
        func.count(jobs.c.dead_at).label("dead"),
        func.min(case((_due, jobs.c.run_at)), type_=jobs.c.run_at.type).label("since"),
    ).select_from(jobs),
    Backlog,
    thorough=True,
)
_WAITING: Final = Query(
    select(func.count().label("number"), func.min(jobs.c.run_at, type_=jobs.c.run_at.type).label("since")).where(
        jobs.c.dead_at.is_(None), jobs.c.run_at <= bindparam("now")
    ),
    Waiting,
    thorough=True,
)
_DEAD: Final = Query(
    select(func.count().label("number"), func.min(jobs.c.kind).label("kind")).where(jobs.c.dead_at.is_not(None)),
    Dead,
    thorough=True,
)


async def backlog(db: Db, now: datetime) -> Backlog:
    """How much work there is, by state."""
    return await db.first(_BACKLOG, now=now) or Backlog(0, 0, 0, 0, None)


async def waiting_jobs(db: Db, now: datetime) -> Waiting:
    """The jobs whose time has come."""
    return await db.first(_WAITING, now=now) or Waiting(0, None)


async def dead_jobs(db: Db) -> Dead:
    """The jobs that were given up after their last attempt."""
    return await db.first(_DEAD) or Dead(0, None)
