"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.roles.events import RoleChanged, RoleCreated, RoleDeleted, RoleGranted, RoleRevoked
from doorward.domain.roles.problems import RoleBuiltIn, RoleExists, RoleNotFound
from doorward.domain.roles.rules import READ_ROLES, WRITE_ROLES
from doorward.domain.roles.tables import role_permissions, roles, user_roles
from doorward.kernel.feature import Feature

ROLES: Final = Feature(
    name="roles",
    tables=(roles, role_permissions, user_roles),
    permissions=(READ_ROLES, WRITE_ROLES),
    events=(RoleCreated, RoleChanged, RoleDeleted, RoleGranted, RoleRevoked),
    problems=(RoleNotFound, RoleExists, RoleBuiltIn),
)
