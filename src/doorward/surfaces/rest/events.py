"""The audit log."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from doorward.domain.audit.list import list_events
from doorward.domain.audit.views import EventView, event_view
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import USER, find
from doorward.surfaces.rest.asked import Asked, Reply
from doorward.surfaces.rest.lists import Cursor, Limit, ListView, list_reply
from doorward.surfaces.rest.operation import Operations, Query

operations: Final = Operations("Audit")


class EventsQuery(Query):
    """Which events."""

    limit: Limit = 50
    cursor: Cursor = None
    type: Annotated[str | None, Field(max_length=64, examples=["session.started"])] = None
    user_id: Annotated[str | None, Field(max_length=64, description="Only what concerns this account.")] = None


@operations.add("GET", "/v1/events", answer=ListView[EventView])
async def list_(asked: Asked, query: EventsQuery) -> Reply:
    """List what happened, newest first."""
    user_id = None if query.user_id is None else find(USER, query.user_id)

    async def use_case(tx: Tx) -> Reply:
        page = await list_events(tx, user_id=user_id, type_=query.type, limit=query.limit, cursor=query.cursor)
        return list_reply(page, event_view)

    return await asked.read(use_case)
