"""Roles and permissions."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.roles.manage import (
    change_role,
    create_role,
    delete_role,
    list_permissions,
    list_roles,
    show_role,
    version_of,
)
from doorward.domain.roles.problems import RoleBuiltIn, RoleExists, RoleNotFound
from doorward.domain.roles.views import RoleView, role_view
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import PreconditionFailed
from doorward.surfaces.rest.asked import Asked, Reply, nothing, reply
from doorward.surfaces.rest.lists import ListView
from doorward.surfaces.rest.operation import Body, Operations

operations: Final = Operations("Roles")

_Permissions = Annotated[list[str], Field(max_length=200, examples=[["users:read", "sessions:read"]])]
_Description = Annotated[str, Field(max_length=500)]


class NewRoleBody(Body):
    """A new role."""

    name: Annotated[str, Field(max_length=64, examples=["auditor"])]
    description: _Description = ""
    permissions: _Permissions = Field(default_factory=list)


class RoleBody(Body):
    """What to change of a role."""

    description: _Description | None = None
    permissions: _Permissions | None = None


class PermissionView(TypedDict):
    """Something that may be allowed."""

    name: str
    description: str


@operations.add("GET", "/v1/roles", answer=ListView[RoleView])
async def list_(asked: Asked) -> Reply:
    """List the roles."""

    async def use_case(tx: Tx) -> Reply:
        rows = await list_roles(tx)
        return reply({"items": [role_view(row) for row in rows], "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add("GET", "/v1/permissions", answer=ListView[PermissionView])
async def permissions(asked: Asked) -> Reply:
    """List the permissions that roles can have."""

    async def use_case(tx: Tx) -> Reply:
        items = [{"name": each.name, "description": each.description} for each in list_permissions(tx)]
        return reply({"items": items, "next_cursor": None, "has_more": False})

    return await asked.read(use_case)


@operations.add("POST", "/v1/roles", status=201, answer=RoleView, problems=[RoleExists])
async def create(asked: Asked, body: NewRoleBody) -> Reply:
    """Create a role."""

    async def use_case(tx: Tx) -> Reply:
        row = await create_role(tx, name=body.name, description=body.description, permissions=body.permissions)
        return asked.tagged(
            role_view(row), version_of(row), status=201, headers=(("location", f"/v1/roles/{row.name}"),)
        )

    return await asked.write(use_case)


@operations.add("GET", "/v1/roles/{role}", answer=RoleView, problems=[RoleNotFound])
async def show(asked: Asked, role: str) -> Reply:
    """Show a role."""

    async def use_case(tx: Tx) -> Reply:
        row = await show_role(tx, role)
        return asked.tagged(role_view(row), version_of(row))

    return await asked.read(use_case)


@operations.add("PATCH", "/v1/roles/{role}", answer=RoleView, problems=[RoleNotFound, RoleBuiltIn, PreconditionFailed])
async def change(asked: Asked, role: str, body: RoleBody) -> Reply:
    """Change a role.

    Who holds it has the new permissions at once. With `If-Match` the change is made only to the version that was read.
    """
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        row = await change_role(tx, role, description=body.description, permissions=body.permissions, version=version)
        return asked.tagged(role_view(row), version_of(row))

    return await asked.write(use_case)


@operations.add("DELETE", "/v1/roles/{role}", status=204, problems=[RoleNotFound, RoleBuiltIn, PreconditionFailed])
async def delete(asked: Asked, role: str) -> Reply:
    """Delete a role, also from everyone who holds it."""
    version = asked.wanted_version()

    async def use_case(tx: Tx) -> Reply:
        await delete_role(tx, role, version=version)
        return nothing()

    return await asked.write(use_case)
