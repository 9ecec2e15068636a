"""Delete a user for a time of grace, restore, and erase for good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from doorward.domain.sessions.end import end_sessions
from doorward.domain.sessions.recent import require_recent
from doorward.domain.users import store
from doorward.domain.users.administrators import keep_an_administrator, require_rank
from doorward.domain.users.events import UserDeletedEvent, UserErased, UserRestored
from doorward.domain.users.find import lock_user, require_version
from doorward.domain.users.permissions import DELETE_USERS, WRITE_ME
from doorward.domain.users.problems import RestoreWindowOver, UserNotDeleted, UserNotFound
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.erase import erase_person
from doorward.infra.outbox.record import Job
from doorward.kernel.clock import wire
from doorward.kernel.permission import require

JOB = "users.purge"
_BATCH = 200
_CHANGE = store.change("status", "status_before_deletion", "deleted_at", "purge_at", "updated_at")


async def delete_user(tx: Tx, user_id: UUID, *, version: int | None = None) -> UserRow:
    """Deletes a user: all sessions end, and the account can be restored until the grace period ends.

    Deleting a deleted user changes nothing. version: that the caller read, if it matters. Raises UserNotFound,
    PreconditionFailed or LastAdministrator.
    """
    require(tx.actor, DELETE_USERS)
    await require_rank(tx, user_id)
    return await _delete(tx, user_id, version)


async def delete_me(tx: Tx, *, version: int | None = None) -> UserRow:
    """Deletes one's own account; an administrator can restore it until the grace period ends.

    version: that the caller read, if it matters. Raises LastAdministrator, PreconditionFailed or StepUpRequired.
    """
    require(tx.actor, WRITE_ME)
    if tx.actor.user_id is None:
        raise UserNotFound
    require_recent(tx)
    return await _delete(tx, tx.actor.user_id, version)


async def _delete(tx: Tx, user_id: UUID, version: int | None) -> UserRow:
    user = require_version(await lock_user(tx, user_id), version)
    if user.status == "deleted":
        return user
    await keep_an_administrator(tx, user_id)
    purge_at = tx.now + timedelta(days=tx.section(UsersSettings).deletion_grace_days)
    row = await tx.db.first(
        _CHANGE,
        id=user_id,
        status="deleted",
        status_before_deletion=user.status,
        deleted_at=tx.now,
        purge_at=purge_at,
        updated_at=tx.now,
    )
    await end_sessions(tx, user_id=user_id, reason="deleted")
    tx.emit(UserDeletedEvent(user_id=user_id, purge_at=wire(purge_at)))
    return row or user


async def restore_user(tx: Tx, user_id: UUID, *, version: int | None = None) -> UserRow:
    """Restores a deleted user as they were; someone suspended before is suspended again. version: that the caller read.

    Raises UserNotFound, UserNotDeleted, PreconditionFailed, or RestoreWindowOver.
    """
    require(tx.actor, DELETE_USERS)
    await require_rank(tx, user_id)
    user = require_version(await lock_user(tx, user_id), version)
    if user.status != "deleted":
        raise UserNotDeleted
    if user.purge_at is not None and user.purge_at <= tx.now:
        raise RestoreWindowOver
    row = await tx.db.first(
        _CHANGE,
        id=user_id,
        status=user.status_before_deletion or "active",
        status_before_deletion=None,
        deleted_at=None,
        purge_at=None,
        updated_at=tx.now,
    )
    tx.emit(UserRestored(user_id=user_id))
    return row or user


async def erase_user(tx: Tx, user_id: UUID, *, version: int | None = None) -> None:
    """Erases a user and all personal data for good, deleted before or not. version: that the caller read, if it matters.

    Raises UserNotFound, PreconditionFailed or LastAdministrator.
    """
    require(tx.actor, DELETE_USERS)
    await require_rank(tx, user_id)
    require_version(await lock_user(tx, user_id), version)
    await keep_an_administrator(tx, user_id)
    await _erase(tx, user_id)


async def purge_users(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Erases the deleted users whose grace period is over. A scheduled job; again does no harm."""
    due = await tx.db.all(store.DUE_FOR_ERASURE, now=tx.now, most=_BATCH)
    for (user_id,) in due:
        user = await tx.db.first(store.LOCK, id=user_id)
        # Somebody may have restored or erased the user since the list was made.
        if user is not None and user.purge_at is not None and user.purge_at <= tx.now:
            await _erase(tx, user_id)
    if len(due) == _BATCH:
        # There may be more, and nobody should wait for the next round to be forgotten.
        tx.enqueue(Job(JOB, {}, key=JOB))


async def _erase(tx: Tx, user_id: UUID) -> None:
    await tx.db.run(store.ERASE, id=user_id)
    await erase_person(tx.db, user_id)
    tx.emit(UserErased(user_id=user_id))
