"""Unlock a user whose account took too many wrong answers."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.risk.failures import unlock
from doorward.domain.users.find import find_user, require_version
from doorward.domain.users.permissions import SUSPEND_USERS
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require


async def unlock_user(tx: Tx, user_id: UUID, *, version: int | None = None) -> UserRow:
    """Forgets the wrong answers of a user, so that they may try again at once. It lets nobody in.

    version: that the caller read, if it matters. Raises UserNotFound or PreconditionFailed.
    """
    require(tx.actor, SUSPEND_USERS)
    user = require_version(await find_user(tx, user_id), version)
    await unlock(tx, user_id, by="administrator")
    return user
