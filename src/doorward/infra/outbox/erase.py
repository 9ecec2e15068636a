"""Take a person out of the log: what events say of them goes, the events stay."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, select

from doorward.infra.database.statement import Command
from doorward.infra.outbox.tables import event_persons

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Db

_ERASE: Final = Command(delete(event_persons).where(event_persons.c.user_id == bindparam("user_id")))


_strangers = (
    select(event_persons.c.event_id)
    # Identifiers are in the order of time, so the oldest of those without an account are found by the index.
    .where(event_persons.c.user_id.is_(None), event_persons.c.event_id < bindparam("before"))
    .order_by(event_persons.c.event_id)
    .limit(bindparam("most"))
)
_ERASE_STRANGERS: Final = Command(
    delete(event_persons).where(and_(event_persons.c.user_id.is_(None), event_persons.c.event_id.in_(_strangers)))
)


async def erase_strangers(db: Db, *, before: datetime, most: int) -> int:
    """Removes what events before a moment say of persons without an account; answers how many. most: at one time."""
    # The smallest UUIDv7 of that millisecond (RFC 9562 section 5.7).
    oldest_kept = UUID(int=int(before.timestamp() * 1000) << 80)
    return await db.run(_ERASE_STRANGERS, before=oldest_kept, most=most)


async def erase_person(db: Db, user_id: UUID) -> None:
    """Removes everything personal that events say of a user."""
    await db.run(_ERASE, user_id=user_id)
