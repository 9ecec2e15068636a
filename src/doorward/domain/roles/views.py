"""What is shown of roles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from doorward.domain.roles.store import RoleRow
from doorward.kernel.ids import ROLE, encode


class RoleView(TypedDict):
    """A role."""

    id: Annotated[str, Field(examples=["rol_01h455vb4pex5vsknk084sn02q"])]
    name: str
    description: str
    built_in: bool
    permissions: Annotated[list[str], Field(description="`*` stands for every permission.")]
    created_at: datetime
    updated_at: datetime


def role_view(row: RoleRow) -> RoleView:
    """A role as it is shown."""
    return {
        "id": encode(ROLE, row.id),
        "name": row.name,
        "description": row.description,
        "built_in": row.built_in,
        "permissions": sorted((row.permissions or "").split()),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
