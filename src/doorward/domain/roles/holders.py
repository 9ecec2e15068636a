"""Who holds which role, for the slices above: no questions of permission, no events."""

from __future__ import annotations

from collections.abc import Sequence
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


async def give_many(tx: Tx, given: Sequence[tuple[UUID, UUID]]) -> None:
    """Gives roles to users who hold none yet. given: pairs of user and role, none of them twice."""
    await tx.db.insert(store.NEW_HOLDERS, [(user_id, role_id, tx.now) for user_id, role_id in given])


async def role_names_of(tx: Tx, user_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The names of the roles granted to each of some users, sorted; who holds none is not in it."""
    names: dict[UUID, list[str]] = {}
    for user_id, name in await tx.db.all(store.NAMES_OF_USERS, user_ids=list(user_ids)):
        names.setdefault(user_id, []).append(name)
    return names


async def take(tx: Tx, user_id: UUID, role_id: UUID) -> bool:
    """Takes a role; answers whether the user held it."""
    return bool(await tx.db.run(store.REVOKE, user_id=user_id, role_id=role_id))


async def lock_administrators(tx: Tx) -> None:
    """Puts everyone in line who is about to take away an administrator."""
    await tx.db.first(store.LOCK, id=ADMIN.id)


def holders(role_id: UUID | BindParameter[Any]) -> Select[tuple[UUID]]:
    """A query for the ids of the users who hold a role, to be part of another."""
    return select(user_roles.c.user_id).where(user_roles.c.role_id == role_id)
