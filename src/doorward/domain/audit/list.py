"""The audit log in pages, newest first."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.read import EventRow, read_events
from doorward.infra.paging import read_cursor, write_cursor
from doorward.kernel.page import Page
from doorward.kernel.permission import Permission, require

READ_EVENTS: Final = Permission("events:read", "See the audit log.")


async def list_events(
    tx: Tx, *, user_id: UUID | None = None, type_: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[EventRow]:
    """A page of events, newest first. user_id, type_: only those, where given. limit: 1 to 200."""
    require(tx.actor, READ_EVENTS)
    listing = f"events|{user_id}|{type_}"
    after = UUID(read_cursor(tx.tools.stamper, listing, cursor)[0]) if cursor is not None else None
    rows = await read_events(tx.db, limit=limit + 1, after=after, user_id=user_id, type_=type_)
    if len(rows) <= limit:
        return Page(rows, None)
    rows = rows[:limit]
    return Page(rows, write_cursor(tx.tools.stamper, listing, [str(rows[-1].id)]))
