"""Counts in the database, for several processes without Redis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    case,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from doorward.infra.database.base import Moment, metadata
from doorward.infra.database.statement import Command, Query
from doorward.infra.limits.rate import Rate, Standing, weigh
from doorward.infra.outbox.record import Job
from doorward.kernel.actor import system
from doorward.kernel.secret import fingerprint

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Tx
    from doorward.infra.tools import Tools

JOB: Final = "rate_limits.purge"
_BATCH: Final = 5000

rate_limit_counts: Final = Table(
    "rate_limit_counts",
    metadata,
    # Of key and rate; addresses are personal data and need not stand here.
    Column("key_hash", LargeBinary, primary_key=True),
    Column("window_number", BigInteger, nullable=False),
    Column("previous", Integer, nullable=False),
    Column("current", Integer, nullable=False),
    # Of the last request, so that the statement which counts can answer it.
    Column("allowed", Boolean, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_rate_limit_counts_expires_at", "expires_at"),
)


class _Counted(NamedTuple):
    previous: int
    current: int
    allowed: bool


_row = rate_limit_counts.c
_number = bindparam("window_number", type_=BigInteger)
_same_window = _row.window_number == _number
_previous = case((_same_window, _row.previous), (_row.window_number == _number - 1, _row.current), else_=0)
_current = case((_same_window, _row.current), else_=0)
_fits = _current + _previous * bindparam("left", type_=Float) <= bindparam("most", type_=Integer) - 1
_insert = insert(rate_limit_counts).values({column: bindparam(column.name) for column in rate_limit_counts.columns})
# Decided, counted and read in one statement, so that of many at once no more pass than may.
_TAKE: Final = Query(
    _insert.on_conflict_do_update(
        index_elements=["key_hash"],
        set_={
            "previous": _previous,
            "current": case((_fits, _current + 1), else_=_current),
            "allowed": _fits,
            "window_number": _number,
            "expires_at": bindparam("expires_at", type_=Moment),
        },
    ).returning(_row.previous, _row.current, _row.allowed),
    _Counted,
)
_over = select(_row.key_hash).where(_row.expires_at < bindparam("before")).limit(bindparam("most"))
_FORGET: Final = Command(delete(rate_limit_counts).where(_row.key_hash.in_(_over)))


class DatabaseCounts:
    """Counts by key, shared by whoever uses the same database."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def take(self, key: str, rate: Rate) -> Standing:
        """Takes one of what a key may do, in a transaction of its own. Raises a Problem of the database."""
        async with self._tools.writing(system()) as tx:
            return await take_within(tx, key, rate)


async def take_within(tx: Tx, key: str, rate: Rate) -> Standing:
    """Takes one of what a key may do, with the changes of the caller's transaction: taken back with them.

    Others that take of the same key wait for its end.
    """
    number, into = divmod(tx.now.timestamp(), rate.seconds)
    counted = await tx.db.first(
        _TAKE,
        key_hash=fingerprint(f"{rate.most}/{rate.seconds}|{key}"),
        window_number=int(number),
        previous=0,
        current=1,
        allowed=True,
        left=1 - into / rate.seconds,
        most=rate.most,
        expires_at=datetime.fromtimestamp((number + 2) * rate.seconds, UTC),
    )
    if counted is None:
        raise RuntimeError("the count was not answered")
    standing = weigh(rate, counted.previous, counted.current - counted.allowed, into)
    return standing._replace(allowed=counted.allowed)


async def purge_counts(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets counts whose time is over. A scheduled job."""
    if await tx.db.run(_FORGET, before=tx.now - timedelta(minutes=1), most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))
