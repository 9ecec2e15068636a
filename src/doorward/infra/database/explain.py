"""How a database would find the rows of a statement: its plan, and which tables it would read from end to end.

The statement is planned with made-up values: a plan repeats the values that it was made for, and those of real requests
have no business in a log.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Boolean, Float, Integer, LargeBinary
from sqlalchemy.types import NullType, TypeEngine

from doorward.infra.database.base import Id, Json, Moment, Several
from doorward.infra.database.driver import Database
from doorward.infra.database.statement import Compiled, Plain

_log = structlog.stdlib.get_logger("doorward.database")

_TELL_AGAIN_SECONDS: Final = 60.0
_PREFIX: Final = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
_SQLITE_SCAN: Final = re.compile(r"^SCAN (\w+)( USING (?:COVERING )?INDEX \S+)?$")
_POSTGRES_SCAN: Final = re.compile(r"Seq Scan on (\w+)")
# Without an "Index Cond" below it, it walks the whole index.
_POSTGRES_WALK: Final = re.compile(r"Index(?: Only)? Scan(?: Backward)? using \S+ on (\w+)")
_NO_SCANS: Final = Plain("SET LOCAL enable_seqscan = off")
_MOMENT: Final = datetime(2024, 1, 1, tzinfo=UTC)
_ID: Final = UUID("018cc251-f400-7000-8000-000000000000")


class Plan(NamedTuple):
    """A plan. scanned: the tables that are read from end to end."""

    lines: tuple[str, ...]
    scanned: tuple[str, ...]


async def explain(database: Database, statement: Compiled, *, small: bool = False) -> Plan:
    """The plan of a statement, which is not run. Raises DatabaseUnavailable and its kin.

    small: on PostgreSQL, whether to plan as if tables were large. A small one is rightly read from end to end; only
    what is still read so then lacks an index.
    """
    asked = Plain(_PREFIX[database.name] + statement.sql)
    values = statement.encoded(sample)
    if database.name == "sqlite":
        rows = await database.all(asked, values, thorough=True)
        lines = tuple(str(row[3]) for row in rows)
        return Plan(lines, tuple(_read_by_sqlite(lines, stops=_stops_early(statement.sql))))
    transaction = await database.begin()
    try:
        if small:
            await transaction.run(_NO_SCANS, [])
        rows = await transaction.all(asked, values)
    finally:
        await transaction.rollback()
    lines = tuple(str(row[0]) for row in rows)
    # On an empty table every index costs the same, so which one is walked says nothing.
    return Plan(lines, tuple(_read_by_postgres(lines, stops=small or _stops_early(statement.sql))))


def _stops_early(sql: str) -> bool:
    """Whether walking an index ends after a page: a list in its order that leaves nothing out. Any other walk reads all of it."""
    return "LIMIT" in sql and "WHERE" not in sql


def _read_by_sqlite(lines: Sequence[str], *, stops: bool) -> Iterator[str]:
    for line in lines:
        found = _SQLITE_SCAN.match(line)
        if found is not None and not (found[2] and stops):
            yield found[1]


def _read_by_postgres(lines: Sequence[str], *, stops: bool) -> Iterator[str]:
    for place, line in enumerate(lines):
        if found := _POSTGRES_SCAN.search(line):
            yield found[1]
        elif not stops and (found := _POSTGRES_WALK.search(line)):
            of_this = takewhile(lambda each: "->" not in each, lines[place + 1 :])
            if not any("Index Cond:" in each for each in of_this):
                yield found[1]


class SlowPlans:
    """Logs plans of slow statements, beside the work that waited for them."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def tell(self, database: Database, statement: Compiled) -> None:
        """Logs the plan of a statement soon, unless that was done within the last minute."""
        now = time.monotonic()
        if now - self._told.get(statement.sql, -_TELL_AGAIN_SECONDS) < _TELL_AGAIN_SECONDS:
            return
        self._told[statement.sql] = now
        task = asyncio.get_running_loop().create_task(_tell(database, statement))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def wait(self) -> None:
        """Until every plan that was asked for is logged."""
        while self._under_way:
            await asyncio.wait(self._under_way)


async def _tell(database: Database, statement: Compiled) -> None:
    try:
        plan = await explain(database, statement)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not become a failure of what it tells about
        _log.warning("slow query cannot be explained", statement=statement.sql, error=type(error).__name__)
        return
    _log.warning("slow query plan", statement=statement.sql, plan=list(plan.lines), scanned=list(plan.scanned))


def sample(kind: TypeEngine[Any]) -> Any:  # noqa: PLR0911 - a table
    """A made-up value of a column type."""
    if isinstance(kind, Id):
        return _ID
    if isinstance(kind, Moment):
        return _MOMENT
    if isinstance(kind, Several):
        return [_ID] if kind.ids else ["x"]
    if isinstance(kind, Json):
        return {}
    if isinstance(kind, Boolean):
        return True
    # A limit belongs to no column and has no type.
    if isinstance(kind, Integer | NullType):
        return 1
    if isinstance(kind, Float):
        return 1.0
    if isinstance(kind, LargeBinary):
        return b"x"
    return "x"
