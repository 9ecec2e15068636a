"""How much work waits, for an operator who looks at an installation."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, select

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


async def waiting_jobs(db: Db, now: datetime) -> Waiting:
    """The jobs whose time has come."""
    return await db.first(_WAITING, now=now) or Waiting(0, None)


async def dead_jobs(db: Db) -> Dead:
    """The jobs that were given up after their last attempt."""
    return await db.first(_DEAD) or Dead(0, None)
