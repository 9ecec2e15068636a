"""The built-in roles, and what a role's name and permissions may be. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple
from uuid import UUID

from doorward.kernel.permission import EVERYTHING, Permission
from doorward.kernel.problem import FieldError, InvalidInput

READ_ROLES: Final = Permission("roles:read", "See roles, their permissions and who holds them.")
WRITE_ROLES: Final = Permission("roles:write", "Make, change and remove roles, and grant and revoke them.")

_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,63}")


class BuiltIn(NamedTuple):
    """A role that is there from the start."""

    id: UUID
    name: str
    description: str
    permissions: tuple[str, ...]


# Fixed identifiers, so that the hottest query can name a role without looking it up.
ADMIN: Final = BuiltIn(UUID("00000000-0000-7000-8000-000000000001"), "admin", "May do everything.", (EVERYTHING,))
SUPPORT: Final = BuiltIn(
    UUID("00000000-0000-7000-8000-000000000002"),
    "support",
    "Helps people: sees users, sessions and events, ends sessions, suspends and reinstates.",
    ("users:read", "users:suspend", "sessions:read", "sessions:end", "roles:read", "events:read"),
)
MEMBER: Final = BuiltIn(
    UUID("00000000-0000-7000-8000-000000000003"),
    "member",
    "Everybody with an account: sees and changes their own.",
    ("me:read", "me:write"),
)
BUILT_IN: Final = (ADMIN, SUPPORT, MEMBER)

# Everybody holds `member`; no row says so.
MEMBER_PERMISSIONS: Final = frozenset(MEMBER.permissions)


def check_role_name(name: str) -> str:
    """A role's name: 2 to 64 of a-z, 0-9, dot, underscore, hyphen, beginning with a letter. Raises InvalidInput."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            FieldError(
                "/name",
                "role-name",
                "A role's name is 2 to 64 of the characters a-z, 0-9, '.', '_' and '-', beginning with a letter.",
            )
        )
    return name


def check_permissions(wanted: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """The wanted permissions, sorted, each once. Raises InvalidInput when one is not known."""
    permissions = sorted(set(wanted))
    wrong = [place for place, name in enumerate(wanted) if name not in known]
    if wrong:
        raise InvalidInput(
            *(
                FieldError(
                    f"/permissions/{place}",
                    "permission-unknown",
                    "There is no such permission. The documentation and `doorward role permissions` list them all.",
                )
                for place in wrong
            )
        )
    return tuple(permissions)
