"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from doorward.domain.sign_in.tables import sign_in_attempts as attempts
from doorward.domain.sign_in.tables import sign_in_traces as traces
from doorward.infra.database.statement import Command, Query


class AttemptRow(NamedTuple):
    """A sign-in under way."""

    id: UUID
    state: bytes


class TraceRow(NamedTuple):
    """Why a sign-in was refused."""

    code: str
    user_id: UUID | None
    outcome: str
    steps: list[dict[str, Any]]
    request_id: str | None
    created_at: datetime


_open = (
    attempts.c.id == bindparam("id"),
    attempts.c.completed_at.is_(None),
    attempts.c.expires_at > bindparam("now"),
)

INSERT: Final = Command(insert(attempts).values({column: bindparam(column.name) for column in attempts.columns}))
# A try is taken before the answer is looked at, so that many at once cannot share one.
TAKE_TRY: Final = Query(
    update(attempts)
    .where(*_open, attempts.c.tries < bindparam("most"))
    .values(tries=attempts.c.tries + 1)
    .returning(attempts.c.id, attempts.c.state),
    AttemptRow,
)
# Only while the state is the one that was judged by: of two answers at once, neither builds on what the other did not see.
SAVE: Final = Command(
    update(attempts).where(*_open, attempts.c.state == bindparam("present")).values(state=bindparam("state"))
)
COMPLETE: Final = Command(
    update(attempts).where(*_open, attempts.c.state == bindparam("present")).values(completed_at=bindparam("now"))
)
_some_open = select(attempts.c.id).where(attempts.c.completed_at.is_(None)).limit(bindparam("most"))
CLOSE_SOME: Final = Command(update(attempts).where(attempts.c.id.in_(_some_open)).values(completed_at=bindparam("now")))
_over = select(attempts.c.id).where(attempts.c.expires_at < bindparam("before")).limit(bindparam("most"))
FORGET: Final = Command(delete(attempts).where(attempts.c.id.in_(_over)))

INSERT_TRACE: Final = Command(insert(traces).values({column: bindparam(column.name) for column in traces.columns}))
_old = select(traces.c.code).where(traces.c.created_at < bindparam("before")).limit(bindparam("most"))
FIND_TRACE: Final = Query(select(*traces.columns).where(traces.c.code == bindparam("code")), TraceRow)
FORGET_TRACES: Final = Command(delete(traces).where(traces.c.code.in_(_old)))
