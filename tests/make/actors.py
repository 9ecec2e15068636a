"""Whoever acts in a test, and the log that says what was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from doorward.domain.roles.rules import MEMBER_PERMISSIONS
from doorward.domain.users.store import UserRow
from doorward.infra.outbox.read import EventRow, read_events
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, Origin, operator

ORIGIN = Origin("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "request-1")


def as_user(
    user: UserRow | UUID, *permissions: str, session_id: UUID | None = None, authenticated_at: datetime | None = None
) -> Actor:
    """Somebody who is signed in, just now if not said otherwise, with these permissions beside those of every member."""
    user_id = user.id if isinstance(user, UserRow) else user
    proved = authenticated_at or datetime.now(UTC)
    return Actor("user", user_id, session_id, MEMBER_PERMISSIONS.union(permissions), proved, ORIGIN)


async def logged(tools: Tools, *, user_id: UUID | None = None, type_: str | None = None) -> Sequence[EventRow]:
    """What the log says, oldest first."""
    async with tools.reading(operator()) as tx:
        return (await read_events(tx.db, limit=1000, user_id=user_id, type_=type_))[::-1]
