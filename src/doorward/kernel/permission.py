"""What may be done: the names of permissions and the one question asked of an actor."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.kernel.actor import Actor
from doorward.kernel.problem import Forbidden, Unauthenticated

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that may be allowed. name: `noun:verb`. description: one sentence for the documentation and the console."""

    name: str
    description: str

    def __str__(self) -> str:
        return self.name


def require(actor: Actor, permission: Permission) -> None:
    """Raises Unauthenticated when nobody is signed in and Forbidden when the actor lacks the permission."""
    held = actor.permissions
    if permission.name in held or EVERYTHING in held:
        return
    if actor.is_anonymous:
        raise Unauthenticated
    raise Forbidden(f"This needs the permission '{permission.name}'. An administrator can grant a role that has it.")
