"""What happens to roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class RoleCreated(Event):
    """A role was made. The target is its id."""

    type: ClassVar[str] = "role.created"
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    """A role's description or permissions were changed. The target is its id."""

    type: ClassVar[str] = "role.changed"
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RoleDeleted(Event):
    """A role was removed, and with it from everyone who held it. The target is its id."""

    type: ClassVar[str] = "role.deleted"
    name: str


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    """A user was given a role. The target is the role's id."""

    type: ClassVar[str] = "role.granted"
    name: str


@dataclass(frozen=True, kw_only=True)
class RoleRevoked(Event):
    """A role was taken from a user. The target is the role's id."""

    type: ClassVar[str] = "role.revoked"
    name: str
