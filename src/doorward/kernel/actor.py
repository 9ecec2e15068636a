"""Who is asking: the person or part of the system on whose behalf something happens."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID


class Origin(NamedTuple):
    """Where a request comes from. address: the client's IP address as text, seen through declared proxies only."""

    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


class Actor(NamedTuple):
    """The one on whose behalf something happens.

    kind: `anonymous` before sign-in, `user` after it, `operator` for the command line on the machine itself, `system`
    for scheduled work. permissions: names, as `kernel.permission` reads them. authenticated_at: when the user last
    proved who they are.
    """

    kind: Literal["anonymous", "user", "operator", "system"]
    user_id: UUID | None = None
    session_id: UUID | None = None
    permissions: frozenset[str] = frozenset()
    authenticated_at: datetime | None = None
    origin: Origin = Origin()

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is signed in."""
        return self.kind == "anonymous"


def anonymous(origin: Origin | None = None) -> Actor:
    """Somebody who has not signed in."""
    return Actor("anonymous", origin=origin or Origin())


def operator(origin: Origin | None = None) -> Actor:
    """Whoever may run commands on the machine, and so may do everything."""
    return Actor("operator", permissions=frozenset({"*"}), origin=origin or Origin())


def system() -> Actor:
    """Doorward itself, at scheduled work."""
    return Actor("system", permissions=frozenset({"*"}))
