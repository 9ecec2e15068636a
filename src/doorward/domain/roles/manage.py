"""Make, change, remove and list roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from doorward.domain.roles import store
from doorward.domain.roles.events import RoleChanged, RoleCreated, RoleDeleted
from doorward.domain.roles.problems import RoleBuiltIn, RoleNotFound
from doorward.domain.roles.rules import BUILT_IN, READ_ROLES, WRITE_ROLES, check_permissions, check_role_name
from doorward.domain.roles.store import RoleRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import ROLE, encode, new_id
from doorward.kernel.permission import EVERYTHING, Permission, require
from doorward.kernel.problem import PreconditionFailed

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class KnownPermissions:
    """Every permission of this installation; filled by the composition root, held by Tools."""

    by_name: dict[str, Permission] = field(default_factory=dict)


async def list_roles(tx: Tx) -> list[RoleRow]:
    """Every role, by name."""
    require(tx.actor, READ_ROLES)
    return await tx.db.all(store.LIST)


async def show_role(tx: Tx, name: str) -> RoleRow:
    """One role. Raises RoleNotFound."""
    require(tx.actor, READ_ROLES)
    return await find_role(tx, name)


def list_permissions(tx: Tx) -> list[Permission]:
    """Every permission that roles can have, by name."""
    require(tx.actor, READ_ROLES)
    return sorted(tx.tools.hold(KnownPermissions).by_name.values(), key=str)


async def find_role(tx: Tx, name: str) -> RoleRow:
    """One role, for other slices: without a question of permission. Raises RoleNotFound."""
    row = await tx.db.first(store.FIND, name=name)
    if row is None:
        raise RoleNotFound
    return row


async def create_role(tx: Tx, *, name: str, description: str = "", permissions: Sequence[str] = ()) -> RoleRow:
    """Makes a role. Raises RoleExists, or InvalidInput for a bad name or an unknown permission."""
    require(tx.actor, WRITE_ROLES)
    check_role_name(name)
    checked = check_permissions(permissions, tx.tools.hold(KnownPermissions).by_name)
    refuse_escalation(tx, checked)
    row = RoleRow(new_id(), name, description, False, tx.now, tx.now, " ".join(checked))
    await tx.db.run(
        store.INSERT,
        id=row.id,
        name=name,
        description=description,
        built_in=False,
        created_at=tx.now,
        updated_at=tx.now,
    )
    await tx.db.many(store.INSERT_PERMISSION, [{"role_id": row.id, "permission": each} for each in checked])
    tx.emit(RoleCreated(target=encode(ROLE, row.id), name=name, permissions=checked))
    return row


async def change_role(
    tx: Tx,
    name: str,
    *,
    description: str | None = None,
    permissions: Sequence[str] | None = None,
    version: int | None = None,
) -> RoleRow:
    """Changes what is given and keeps the rest. version: that the caller read, if it matters.

    Raises RoleNotFound, PreconditionFailed, RoleBuiltIn, Forbidden or InvalidInput.
    """
    require(tx.actor, WRITE_ROLES)
    row = await _hold(tx, name, version)
    if row.built_in:
        raise RoleBuiltIn
    kept = (row.permissions or "").split()
    # Also what is taken away: who may write roles must not disarm those who may do more.
    refuse_escalation(tx, kept)
    checked = check_permissions(kept if permissions is None else permissions, tx.tools.hold(KnownPermissions).by_name)
    refuse_escalation(tx, checked)
    changed = row._replace(
        description=row.description if description is None else description,
        permissions=" ".join(checked),
        updated_at=tx.now,
    )
    await tx.db.run(store.CHANGE, id=row.id, description=changed.description, updated_at=tx.now)
    if permissions is not None:
        await tx.db.run(store.DELETE_PERMISSIONS, role_id=row.id)
        await tx.db.many(store.INSERT_PERMISSION, [{"role_id": row.id, "permission": each} for each in checked])
    tx.emit(RoleChanged(target=encode(ROLE, row.id), name=name, permissions=checked))
    return changed


async def delete_role(tx: Tx, name: str, *, version: int | None = None) -> None:
    """Removes a role, also from everyone who holds it. version: that the caller read, if it matters.

    Raises RoleNotFound, PreconditionFailed, RoleBuiltIn or Forbidden.
    """
    require(tx.actor, WRITE_ROLES)
    row = await _hold(tx, name, version)
    if row.built_in:
        raise RoleBuiltIn
    refuse_escalation(tx, (row.permissions or "").split())
    if not await tx.db.run(store.DELETE, id=row.id):
        raise RoleNotFound
    tx.emit(RoleDeleted(target=encode(ROLE, row.id), name=name))


async def _hold(tx: Tx, name: str, version: int | None) -> RoleRow:
    """The role, held until the commit, so that changes to one come one after another and each sees the one before."""
    if await tx.db.first(store.HOLD, name=name) is None:
        raise RoleNotFound
    row = await find_role(tx, name)
    if version is not None and version != version_of(row):
        raise PreconditionFailed
    return row


def version_of(row: RoleRow) -> int:
    """What tells one state of a role from another: the microsecond in which it was changed last."""
    return (row.updated_at - _EPOCH) // timedelta(microseconds=1)


def refuse_escalation(tx: Tx, permissions: Iterable[str]) -> None:
    """Raises Forbidden when any permission is not held by the actor: who may write roles must not gain by it."""
    if EVERYTHING in tx.actor.permissions:
        return
    for name in permissions:
        require(tx.actor, Permission(name, ""))


async def ensure_built_in(tx: Tx) -> None:
    """Puts the built-in roles in place after a migration. Again does no harm."""
    for role in BUILT_IN:
        await tx.db.run(
            store.INSERT_BUILT_IN,
            id=role.id,
            name=role.name,
            description=role.description,
            built_in=True,
            created_at=tx.now,
            updated_at=tx.now,
        )
        await tx.db.many(
            store.INSERT_PERMISSION, [{"role_id": role.id, "permission": each} for each in role.permissions]
        )
