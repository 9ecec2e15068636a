"""Who holds which role, for the slices above: no questions of permission, no events."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, select

from doorward.domain.roles import store
from doorward.domain.roles.rules import ADMIN
from doorward.domain.roles.store import RoleRow
from doorward.domain.roles.tables import user_roles
from doorward.infra.database.unit_of_work import Tx


async def roles_of(tx: Tx, user_id: UUID) -> list[RoleRow]:
    """The roles granted to a user, by name; `member`, which everybody holds, is not among them."""
    return await tx.db.all(store.OF_USER, user_id=user_id)


async def give(tx: Tx, user_id: UUID, role_id: UUID) -> bool:
    """Gives a role; answers whether the user did not hold it before."""
    return bool(await tx.db.run(store.GRANT, user_id=user_id, role_id=role_id, granted_at=tx.now))


async def take(tx: Tx, user_id: UUID, role_id: UUID) -> bool:
    """Takes a role; answers whether the user held it."""
    return bool(await tx.db.run(store.REVOKE, user_id=user_id, role_id=role_id))


async def lock_administrators(tx: Tx) -> None:
    """Puts everyone in line who is about to take away an administrator."""
    await tx.db.first(store.LOCK, id=ADMIN.id)


def holders(role_id: UUID | BindParameter[Any]) -> Select[tuple[UUID]]:
    """A query for the ids of the users who hold a role, to be part of another."""
    return select(user_roles.c.user_id).where(user_roles.c.role_id == role_id)
