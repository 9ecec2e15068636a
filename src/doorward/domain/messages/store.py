"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, or_, select, update

from doorward.domain.messages.tables import messages
from doorward.infra.database.statement import Command, Query


class MessageRow(NamedTuple):
    """A message that waits to be sent."""

    id: UUID
    kind: str
    sealed: bytes
    attempts: int
    created_at: datetime
    useful_until: datetime


_waiting = (
    messages.c.id == bindparam("id"),
    messages.c.sent_at.is_(None),
    messages.c.given_up_at.is_(None),
)

INSERT: Final = Command(insert(messages).values({column: bindparam(column.name) for column in messages.columns}))
WAITING: Final = Query(select(*(messages.c[name] for name in MessageRow._fields)).where(*_waiting), MessageRow)
SENT: Final = Command(
    update(messages).where(*_waiting).values(sent_at=bindparam("now"), sealed=b"", attempts=messages.c.attempts + 1)
)
FAILED: Final = Command(
    update(messages).where(*_waiting).values(failure=bindparam("failure"), attempts=messages.c.attempts + 1)
)
GIVEN_UP: Final = Command(
    update(messages).where(*_waiting).values(given_up_at=bindparam("now"), failure=bindparam("failure"), sealed=b"")
)
_old = (
    select(messages.c.id)
    .where(
        messages.c.created_at < bindparam("before"),
        or_(messages.c.sent_at.is_not(None), messages.c.given_up_at.is_not(None)),
    )
    .limit(bindparam("most"))
)
FORGET: Final = Command(delete(messages).where(messages.c.id.in_(_old)))
