"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, insert, or_, select, update

from doorward.domain.sessions.tables import sessions
from doorward.infra.database.statement import Command, Query
from doorward.infra.outbox.recorded import Recorded


class SessionRow(NamedTuple):
    """A session as its owner and administrators may see it."""

    id: UUID
    user_id: UUID
    kind: str
    created_at: datetime
    authenticated_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    methods: list[str]
    address: str | None
    user_agent: str | None


class RotationRow(NamedTuple):
    """What deciding about a refresh token needs, and what the answer does."""

    id: UUID
    user_id: UUID
    secret_hash: bytes
    generation: int
    rotated_at: datetime | None
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    authenticated_at: datetime
    methods: list[str]


class EndedRow(NamedTuple):
    """A session that was just ended."""

    id: UUID


_seen = tuple(sessions.c[name] for name in SessionRow._fields)
_open = (
    sessions.c.ended_at.is_(None),
    sessions.c.expires_at > bindparam("now"),
    sessions.c.last_used_at > bindparam("idle"),
)

INSERT: Final = Command(insert(sessions).values({column: bindparam(column.name) for column in sessions.columns}))
OPEN_OF_USER: Final = Query(
    select(*_seen).where(sessions.c.user_id == bindparam("user_id"), *_open).order_by(sessions.c.id.desc()), SessionRow
)
ROTATION_COLUMNS: Final = tuple(sessions.c[name] for name in RotationRow._fields)


def rotation(*conditions: ColumnElement[bool]) -> Recorded[RotationRow]:
    """The one statement that spends a refresh token: of any number that try at once, one changes a row.

    conditions: of the account, which `access` knows.
    """
    return Recorded(
        update(sessions)
        .where(
            sessions.c.id == bindparam("id"),
            sessions.c.kind == "token",
            sessions.c.secret_hash == bindparam("presented"),
            *_open,
            *conditions,
        )
        .values(
            secret_hash=bindparam("successor"),
            generation=sessions.c.generation + 1,
            rotated_at=bindparam("now"),
            last_used_at=bindparam("now"),
            address=bindparam("address"),
            user_agent=bindparam("user_agent"),
        )
        .returning(*ROTATION_COLUMNS),
        RotationRow,
        user="user_id",
    )


TOUCH: Final = Command(
    update(sessions)
    .where(sessions.c.id == bindparam("id"), sessions.c.ended_at.is_(None), sessions.c.last_used_at < bindparam("now"))
    .values(last_used_at=bindparam("now"))
)
END_ONE: Final = Query(
    update(sessions)
    .where(sessions.c.id == bindparam("id"), sessions.c.user_id == bindparam("user_id"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), end_reason=bindparam("reason"))
    .returning(sessions.c.id),
    EndedRow,
)
END_ALL: Final = Query(
    update(sessions)
    .where(
        sessions.c.user_id == bindparam("user_id"),
        sessions.c.ended_at.is_(None),
        or_(bindparam("except_id", type_=sessions.c.id.type).is_(None), sessions.c.id != bindparam("except_id")),
    )
    .values(ended_at=bindparam("now"), end_reason=bindparam("reason"))
    .returning(sessions.c.id),
    EndedRow,
)
_some_open = (
    select(sessions.c.id)
    .where(sessions.c.ended_at.is_(None), sessions.c.expires_at > bindparam("now"))
    .limit(bindparam("most"))
)
END_SOME: Final = Command(
    update(sessions)
    .where(sessions.c.id.in_(_some_open))
    .values(ended_at=bindparam("now"), end_reason=bindparam("reason"))
)
_over = (
    select(sessions.c.id)
    .where(or_(sessions.c.expires_at < bindparam("before"), sessions.c.ended_at < bindparam("before")))
    .limit(bindparam("most"))
)
FORGET: Final = Command(delete(sessions).where(sessions.c.id.in_(_over)))


def values_of(**fields: Any) -> dict[str, Any]:
    """A new session's columns, those that every new session has alike filled in."""
    return {"generation": 0, "rotated_at": None, "ended_at": None, "end_reason": None, **fields}
