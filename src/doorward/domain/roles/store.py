"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from doorward.domain.roles.tables import role_permissions, roles, user_roles
from doorward.infra.database.dialect import among, insert_if_absent, joined_texts
from doorward.infra.database.statement import Command, Query, Rows


class RoleRow(NamedTuple):
    """A role; its permissions separated by spaces."""

    id: UUID
    name: str
    description: str
    built_in: bool
    created_at: datetime
    updated_at: datetime
    permissions: str | None


_permissions = (
    select(joined_texts(role_permissions.c.permission))
    .where(role_permissions.c.role_id == roles.c.id)
    .scalar_subquery()
)
_columns = (
    roles.c.id,
    roles.c.name,
    roles.c.description,
    roles.c.built_in,
    roles.c.created_at,
    roles.c.updated_at,
    _permissions.label("permissions"),
)

LIST: Final = Query(select(*_columns).order_by(roles.c.name), RoleRow)
FIND: Final = Query(select(*_columns).where(roles.c.name == bindparam("name")), RoleRow)
FIND_BY_ID: Final = Query(select(*_columns).where(roles.c.id == bindparam("id")), RoleRow)
OF_USER: Final = Query(
    select(*_columns)
    .where(roles.c.id.in_(select(user_roles.c.role_id).where(user_roles.c.user_id == bindparam("user_id"))))
    .order_by(roles.c.name),
    RoleRow,
)
INSERT: Final = Command(insert(roles).values({column: bindparam(column.name) for column in roles.columns}))
INSERT_BUILT_IN: Final = Command(insert_if_absent(roles, "id"))
INSERT_PERMISSION: Final = Command(insert_if_absent(role_permissions))
DELETE_PERMISSIONS: Final = Command(delete(role_permissions).where(role_permissions.c.role_id == bindparam("role_id")))
CHANGE: Final = Command(
    update(roles)
    .where(roles.c.id == bindparam("id"))
    .values(description=bindparam("description"), updated_at=bindparam("updated_at"))
)
DELETE: Final = Command(delete(roles).where(roles.c.id == bindparam("id")))
# Taken before deciding whether an administrator may go: two who remove each other at once are put in line by it.
LOCK: Final = Query(select(roles.c.id).where(roles.c.id == bindparam("id")).with_for_update(), tuple[UUID])
HOLD: Final = Query(select(roles.c.id).where(roles.c.name == bindparam("name")).with_for_update(), tuple[UUID])
GRANT: Final = Command(insert_if_absent(user_roles))
NEW_HOLDERS: Final = Rows(user_roles)
NAMES_OF_USERS: Final = Query(
    select(user_roles.c.user_id, roles.c.name)
    .join(roles, roles.c.id == user_roles.c.role_id)
    .where(among(user_roles.c.user_id, "user_ids"))
    .order_by(roles.c.name),
    tuple[UUID, str],
)
REVOKE: Final = Command(
    delete(user_roles).where(user_roles.c.user_id == bindparam("user_id"), user_roles.c.role_id == bindparam("role_id"))
)
