"""Suspend a user, and reinstate."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from doorward.domain.sessions.end import end_sessions
from doorward.domain.users import store
from doorward.domain.users.administrators import keep_an_administrator, require_rank
from doorward.domain.users.events import UserReinstated, UserSuspendedEvent
from doorward.domain.users.find import lock_user, require_version
from doorward.domain.users.permissions import SUSPEND_USERS
from doorward.domain.users.problems import UserDeleted
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.clock import wire
from doorward.kernel.permission import require
from doorward.kernel.problem import FieldError, InvalidInput
from doorward.kernel.text import check_line

# An hour of the year 9999 here is one of the year 10000 in UTC, which nothing can write.
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
_CHANGE = store.change("status", "suspended_reason", "suspended_until", "updated_at")


async def suspend_user(
    tx: Tx, user_id: UUID, *, reason: str | None = None, until: datetime | None = None, version: int | None = None
) -> UserRow:
    """Suspends a user and ends all their sessions. until: when it ends by itself. version: that the caller read, if it matters.

    Raises UserNotFound, UserDeleted, PreconditionFailed, LastAdministrator, or InvalidInput for an end in the past.
    """
    require(tx.actor, SUSPEND_USERS)
    if until is not None and until <= tx.now:
        raise InvalidInput(FieldError("/until", "until-past", "Give a moment in the future, or leave it out."))
    if until is not None and until >= _END_OF_TIME:
        raise InvalidInput(FieldError("/until", "until-too-far", "Leave it out for a suspension without an end."))
    checked = None if reason is None else check_line(reason, pointer="/reason", max_length=500)
    await require_rank(tx, user_id)
    user = await _lock(tx, user_id, version)
    await keep_an_administrator(tx, user_id)
    row = await tx.db.first(
        _CHANGE, id=user.id, status="suspended", suspended_reason=checked, suspended_until=until, updated_at=tx.now
    )
    await end_sessions(tx, user_id=user_id, reason="suspended")
    tx.emit(UserSuspendedEvent(user_id=user_id, reason=checked, until=wire(until) if until else None))
    return row or user


async def reinstate_user(tx: Tx, user_id: UUID, *, version: int | None = None) -> UserRow:
    """Takes a suspension back. A user who is not suspended stays as they are. version: that the caller read, if it matters.

    Raises UserNotFound, UserDeleted or PreconditionFailed.
    """
    require(tx.actor, SUSPEND_USERS)
    # Whoever was locked out by somebody with more rights stays out until such a one lets them in.
    await require_rank(tx, user_id)
    user = await _lock(tx, user_id, version)
    if user.status != "suspended":
        return user
    row = await tx.db.first(
        _CHANGE, id=user.id, status="active", suspended_reason=None, suspended_until=None, updated_at=tx.now
    )
    tx.emit(UserReinstated(user_id=user_id))
    return row or user


async def _lock(tx: Tx, user_id: UUID, version: int | None) -> UserRow:
    user = require_version(await lock_user(tx, user_id), version)
    if user.status == "deleted":
        raise UserDeleted
    return user
