"""How a database is doing, for an operator who looks at an installation."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from doorward.infra.database.dialect import server_facts
from doorward.infra.database.driver import Database
from doorward.infra.database.statement import Query


class Examined(NamedTuple):
    """What was found. round_trip_seconds: of one statement. clock_ahead_seconds: by how much its clock is ahead of ours."""

    version: str
    round_trip_seconds: float
    clock_ahead_seconds: float


class _Facts(NamedTuple):
    version: str
    clock: float


_FACTS: Final = Query(server_facts(), _Facts)


async def examine(database: Database) -> Examined:
    """Asks a database for its version and its clock. Raises DatabaseUnavailable."""
    await database.check()
    compiled = _FACTS.on(database.name)
    # Once to have it prepared; the second time is what statements ordinarily take.
    await database.first(compiled, [])
    started, wall = time.perf_counter(), time.time()
    record = await database.first(compiled, [])
    took = time.perf_counter() - started
    facts = _Facts(*(record or ("unknown", wall)))
    # The answer was made about half-way through.
    return Examined(str(facts.version), took, float(facts.clock) - (wall + took / 2))
