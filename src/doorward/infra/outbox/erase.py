"""Take a person out of the log: what events say of them goes, the events stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import bindparam, delete

from doorward.infra.database.statement import Command
from doorward.infra.outbox.tables import event_persons

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Db

_ERASE: Final = Command(delete(event_persons).where(event_persons.c.user_id == bindparam("user_id")))


async def erase_person(db: Db, user_id: UUID) -> None:
    """Removes everything personal that events say of a user."""
    await db.run(_ERASE, user_id=user_id)
