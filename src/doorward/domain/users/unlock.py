"""Unlock a user whose account took too many wrong answers."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.risk.failures import unlock
from doorward.domain.users.find import find_user
from doorward.domain.users.permissions import SUSPEND_USERS
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require


async def unlock_user(tx: Tx, user_id: UUID) -> UserRow:
    """Forgets the wrong answers of a user, so that they may try again at once. It lets nobody in. Raises UserNotFound."""
    require(tx.actor, SUSPEND_USERS)
    user = await find_user(tx, user_id)
    await unlock(tx, user_id, by="administrator")
    return user
