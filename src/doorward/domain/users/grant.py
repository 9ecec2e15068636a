"""Grant a role to a user, revoke it, and see who holds which."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.roles.events import RoleGranted, RoleRevoked
from doorward.domain.roles.holders import give, roles_of, take
from doorward.domain.roles.manage import find_role, refuse_escalation
from doorward.domain.roles.problems import RoleBuiltIn, RoleNotFound
from doorward.domain.roles.rules import ADMIN, MEMBER, READ_ROLES, WRITE_ROLES
from doorward.domain.roles.store import RoleRow
from doorward.domain.sessions.recent import require_recent
from doorward.domain.users import store
from doorward.domain.users.administrators import keep_an_administrator
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import ROLE, encode
from doorward.kernel.permission import require


async def list_roles_of(tx: Tx, user_id: UUID) -> list[RoleRow]:
    """The roles granted to a user; `member`, which everybody holds, is not listed. Raises UserNotFound."""
    require(tx.actor, READ_ROLES)
    if await tx.db.first(store.FIND, id=user_id) is None:
        raise UserNotFound
    return await roles_of(tx, user_id)


async def check_grantable(tx: Tx, role: str) -> RoleRow:
    """A role that the actor may grant. Raises StepUpRequired, RoleNotFound, RoleBuiltIn for `member`, or Forbidden."""
    require(tx.actor, WRITE_ROLES)
    require_recent(tx)
    row = await find_role(tx, role)
    refuse_escalation(tx, (row.permissions or "").split())
    if row.id == MEMBER.id:
        raise RoleBuiltIn
    return row


async def grant_promised(tx: Tx, user_id: UUID, role: str) -> None:
    """Grants a role that somebody who might grant it has promised, such as in an invitation; one that is gone is not granted.

    For other slices: asks no permission.
    """
    try:
        row = await find_role(tx, role)
    except RoleNotFound:
        return
    if await give(tx, user_id, row.id):
        tx.emit(RoleGranted(user_id=user_id, target=encode(ROLE, row.id), name=row.name))


async def grant_role(tx: Tx, user_id: UUID, role: str) -> None:
    """Grants a role; again changes nothing. Nobody can grant more than they hold themselves.

    Raises UserNotFound, StepUpRequired, RoleNotFound, RoleBuiltIn for `member`, or Forbidden.
    """
    row = await check_grantable(tx, role)
    if await tx.db.first(store.LOCK, id=user_id) is None:
        raise UserNotFound
    if await give(tx, user_id, row.id):
        tx.emit(RoleGranted(user_id=user_id, target=encode(ROLE, row.id), name=row.name))


async def revoke_role(tx: Tx, user_id: UUID, role: str) -> None:
    """Revokes a role; one that is not held changes nothing.

    Raises UserNotFound, StepUpRequired, RoleNotFound, RoleBuiltIn for `member`, LastAdministrator, or Forbidden.
    """
    require(tx.actor, WRITE_ROLES)
    require_recent(tx)
    row = await find_role(tx, role)
    refuse_escalation(tx, (row.permissions or "").split())
    if row.id == MEMBER.id:
        raise RoleBuiltIn
    if await tx.db.first(store.LOCK, id=user_id) is None:
        raise UserNotFound
    if row.id == ADMIN.id:
        await keep_an_administrator(tx, user_id)
    if await take(tx, user_id, row.id):
        tx.emit(RoleRevoked(user_id=user_id, target=encode(ROLE, row.id), name=row.name))
