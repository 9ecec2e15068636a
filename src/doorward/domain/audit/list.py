"""The audit log in pages, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.read import EventRow, read_events
from doorward.infra.paging import read_cursor, write_cursor
from doorward.kernel.page import Page
from doorward.kernel.permission import Permission, require
from doorward.kernel.problem import Unauthenticated

READ_EVENTS: Final = Permission("events:read", "See the audit log.")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events. type: only these. since, until (excluded): when they happened."""

    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_ALL: Final = EventFilter()


async def list_events(
    tx: Tx, which: EventFilter = _ALL, *, user_id: UUID | None = None, limit: int = 50, cursor: str | None = None
) -> Page[EventRow]:
    """A page of events, newest first. user_id: only what concerns this account. limit: 1 to 200."""
    require(tx.actor, READ_EVENTS)
    return await _page(tx, which, user_id=user_id, limit=limit, cursor=cursor)


async def list_my_events(
    tx: Tx, which: EventFilter = _ALL, *, limit: int = 50, cursor: str | None = None
) -> Page[EventRow]:
    """A page of what concerns one's own account, newest first. limit: 1 to 200. The caller has asked for permission."""
    if tx.actor.user_id is None:
        raise Unauthenticated
    return await _page(tx, which, user_id=tx.actor.user_id, limit=limit, cursor=cursor)


async def _page(tx: Tx, which: EventFilter, *, user_id: UUID | None, limit: int, cursor: str | None) -> Page[EventRow]:
    listing = f"events|{user_id}|{which.type}|{which.since}|{which.until}"
    after = UUID(read_cursor(tx.tools.stamper, listing, cursor)[0]) if cursor is not None else None
    rows = await read_events(
        tx.db,
        limit=limit + 1,
        after=after,
        user_id=user_id,
        type_=which.type,
        since=which.since,
        until=which.until,
    )
    if len(rows) <= limit:
        return Page(rows, None)
    rows = rows[:limit]
    return Page(rows, write_cursor(tx.tools.stamper, listing, [str(rows[-1].id)]))
