"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, not_, select, update

from doorward.domain.one_time.tables import one_time_values as values
from doorward.infra.database.dialect import among
from doorward.infra.database.statement import Command, Query


class ValueRow(NamedTuple):
    """A value that works once."""

    id: UUID
    kind: str
    user_id: UUID | None
    sealed: bytes
    tries: int
    created_at: datetime
    expires_at: datetime


_columns = tuple(values.c[name] for name in ValueRow._fields)
_open = (
    values.c.id == bindparam("id"),
    values.c.kind == bindparam("kind"),
    values.c.spent_at.is_(None),
    values.c.expires_at > bindparam("now"),
)

INSERT: Final = Command(insert(values).values({column: bindparam(column.name) for column in values.columns}))
READ: Final = Query(select(*_columns).where(*_open), ValueRow)
# A try is taken before the code is looked at, so that many at once cannot share one.
TAKE_TRY: Final = Query(
    update(values)
    .where(*_open, values.c.tries < bindparam("most"))
    .values(tries=values.c.tries + 1)
    .returning(*_columns),
    ValueRow,
)
# The one statement that spends a value: of any number that try at once, one changes a row.
SPEND: Final = Command(update(values).where(*_open).values(spent_at=bindparam("now")))
VOID_ALL: Final = Command(
    update(values)
    .where(values.c.user_id == bindparam("user_id"), values.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"))
)
VOID: Final = Command(
    update(values)
    .where(values.c.user_id == bindparam("user_id"), values.c.spent_at.is_(None), among(values.c.kind, "kinds"))
    .values(spent_at=bindparam("now"))
)
VOID_OTHERS: Final = Command(
    update(values)
    .where(values.c.user_id == bindparam("user_id"), values.c.spent_at.is_(None), not_(among(values.c.kind, "kept")))
    .values(spent_at=bindparam("now"))
)
_some_open = select(values.c.id).where(values.c.spent_at.is_(None)).limit(bindparam("most"))
VOID_SOME: Final = Command(update(values).where(values.c.id.in_(_some_open)).values(spent_at=bindparam("now")))
_over = select(values.c.id).where(values.c.expires_at < bindparam("before")).limit(bindparam("most"))
FORGET: Final = Command(delete(values).where(values.c.id.in_(_over)))
