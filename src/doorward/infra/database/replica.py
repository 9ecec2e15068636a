"""A read replica, for what may be a few seconds old: asked while it is known to be close behind, and the primary otherwise.

What a replica says of its own age is wrong when it has lost its primary: it has replayed everything that came, and calls
that up to date. So where the primary's log stands is noted each second, and what counts is when the replica has come to it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any, Final, Literal, NamedTuple, TypeVar

import structlog
from sqlalchemy import ColumnClause, literal_column, select

from doorward.infra.database.driver import Database, Record
from doorward.infra.database.problems import StatementTimeout
from doorward.infra.database.statement import Compiled, Query

_log = structlog.stdlib.get_logger("doorward.database")

# ok: close enough behind. behind: not. away: no answer. not-a-replica: it answers, and replays nothing of this primary.
State = Literal["ok", "behind", "away", "not-a-replica"]
Answer = TypeVar("Answer")

_LOOK_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 1.0
_NEVER: Final = float("-inf")
_POSITION: Final = "pg_wal_lsn_diff({}, '0/0')::bigint"
_SYSTEM: Final[ColumnClause[int]] = literal_column("(SELECT system_identifier FROM pg_control_system())")


class _Written(NamedTuple):
    """Where the primary's log stands, of which cluster."""

    position: int
    system: int


class _Replayed(NamedTuple):
    """Where in the log the replica is; None when it replays none."""

    position: int | None
    system: int


_WRITTEN: Final = Query(select(literal_column(_POSITION.format("pg_current_wal_lsn()")), _SYSTEM), _Written)
_REPLAYED: Final = Query(
    select(
        literal_column(
            "CASE WHEN pg_is_in_recovery() THEN " + _POSITION.format("pg_last_wal_replay_lsn()") + " ELSE NULL END"
        ),
        _SYSTEM,
    ),
    _Replayed,
)


class Replica:
    """Reads that may lag. lag_seconds: by how much at most; what is older is read from the primary.

    state: as the last look found it. answered: how many reads each server answered.
    """

    def __init__(self, primary: Database, replica: Database, *, lag_seconds: float) -> None:
        self._primary = primary
        self._replica = replica
        self._most = lag_seconds
        # Where the primary's log stood, and when; as many as can matter.
        self._written: deque[tuple[int, float]] = deque(maxlen=int(lag_seconds / _LOOK_SECONDS) + 2)
        # The moment up to which the replica shows everything.
        self._shows_until = _NEVER
        self._look_at = _NEVER
        self._looking = False
        self.state: State = "away"
        self.answered = {"primary": 0, "replica": 0}

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        """The first row of a statement run by itself."""
        return await self._ask(lambda database: database.first(statement, values))

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        """Every row of a statement run by itself."""
        return await self._ask(lambda database: database.all(statement, values, thorough=thorough))

    async def _ask(self, question: Callable[[Database], Awaitable[Answer]]) -> Answer:
        await self.look()
        if self.lag() <= self._most:
            try:
                answer = await question(self._replica)
            except StatementTimeout:
                # It would take as long again.
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, such as a schema that is not there yet: the primary decides
                self._fail("away", error)
            else:
                self.answered["replica"] += 1
                return answer
        self.answered["primary"] += 1
        return await question(self._primary)

    def lag(self) -> float:
        """By how many seconds it may be behind at this moment; infinite where nothing is known."""
        return monotonic() - self._shows_until

    async def look(self) -> None:
        """Finds out how far it is, at most once a second; whoever comes meanwhile goes by the last time. Never raises."""
        if self._looking or monotonic() < self._look_at:
            return
        self._looking = True
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._compare()
        except Exception as error:  # noqa: BLE001 - also what a product that is not quite PostgreSQL answers
            self._fail("away", error)
        finally:
            self._looking = False
            self._look_at = monotonic() + _LOOK_SECONDS

    async def wait(self, seconds: float) -> None:
        """Looks until it is close enough behind, for so long at most."""
        until = monotonic() + seconds
        await self.look()
        while self.state == "behind" and monotonic() < until:
            await asyncio.sleep(max(0.0, self._look_at - monotonic()))
            await self.look()

    async def _compare(self) -> None:
        asked = monotonic()
        written = await self._row(self._primary, _WRITTEN, _Written)
        self._written.append((written.position, asked))
        replayed = await self._row(self._replica, _REPLAYED, _Replayed)
        if replayed.position is None or replayed.system != written.system:
            self._fail("not-a-replica", None)
            return
        # Whatever was committed before one of these moments is in it.
        reached = [moment for position, moment in self._written if position <= replayed.position]
        if reached:
            self._shows_until = max(self._shows_until, *reached)
        self._turn("ok" if self.lag() <= self._most else "behind")

    async def _row(self, database: Database, query: Query[Any], row: type[Answer]) -> Answer:
        record = await database.first(query.on(database.name), [])
        return row(*(record or ()))

    def _fail(self, state: State, error: Exception | None) -> None:
        self._shows_until = _NEVER
        self._turn(state, None if error is None else type(error).__name__)

    def _turn(self, state: State, reason: str | None = None) -> None:
        if state != self.state:
            _log.warning("the read replica", state=state, reason=reason)
        self.state = state
