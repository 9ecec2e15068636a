"""Roles, the permissions in each, and who holds them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text

from doorward.domain.roles.problems import RoleExists
from doorward.infra.database.base import Id, Moment, metadata
from doorward.infra.database.dialect import Key

roles: Final = Table(
    "roles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Key, nullable=False),
    Column("description", Text, nullable=False),
    Column("built_in", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("uq_roles_name", "name", unique=True, info={"problem": RoleExists}),
)

role_permissions: Final = Table(
    "role_permissions",
    metadata,
    Column("role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Column("permission", Key, primary_key=True),
)

user_roles: Final = Table(
    "user_roles",
    metadata,
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Column("granted_at", Moment, nullable=False),
    Index("ix_user_roles_role_id_user_id", "role_id", "user_id"),
)
