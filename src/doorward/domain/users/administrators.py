"""Who may act on whom: the last administrator stays one, and nobody acts on those who may do more than they."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.roles.holders import lock_administrators, roles_of
from doorward.domain.roles.rules import ADMIN
from doorward.domain.users import store
from doorward.domain.users.problems import LastAdministrator
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import EVERYTHING
from doorward.kernel.problem import Forbidden


async def keep_an_administrator(tx: Tx, user_id: UUID) -> None:
    """Raises LastAdministrator when nobody else could administer without this user.

    Those who ask stand in line, so that two administrators who remove each other at once do not both succeed.
    """
    if all(role.id != ADMIN.id for role in await roles_of(tx, user_id)):
        return
    await lock_administrators(tx)
    if await tx.db.first(store.ANOTHER_ACTIVE_HOLDER, role_id=ADMIN.id, user_id=user_id) is None:
        raise LastAdministrator


async def has_administrator(tx: Tx) -> bool:
    """Whether there is an administrator at all. For setting up; asks no permission."""
    return await tx.db.first(store.ANY_ADMINISTRATOR, role_id=ADMIN.id) is not None


async def require_rank(tx: Tx, user_id: UUID) -> None:
    """Raises Forbidden when the user may do something that the actor may not: support staff cannot suspend administrators,
    and who may change users cannot take an administrator's account over.
    """
    if EVERYTHING in tx.actor.permissions or tx.actor.user_id == user_id:
        return
    held = {name for role in await roles_of(tx, user_id) for name in (role.permissions or "").split()}
    if not held <= tx.actor.permissions:
        raise Forbidden("This user has permissions that you have not. An administrator can do this.")
