"""The audit log."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from doorward.domain.audit.list import EventFilter, list_events, list_my_events
from doorward.domain.audit.views import EventView, event_view, own_event_view
from doorward.domain.users.find import show_user
from doorward.domain.users.permissions import READ_ME
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import USER, find
from doorward.kernel.permission import require
from doorward.surfaces.rest.asked import Asked, Reply
from doorward.surfaces.rest.lists import Cursor, Limit, ListView, list_reply
from doorward.surfaces.rest.operation import Operations, Query

operations: Final = Operations("Audit")


class EventsQuery(Query):
    """Which events."""

    limit: Limit = 50
    cursor: Cursor = None
    type: Annotated[str | None, Field(max_length=64, examples=["session.started"])] = None
    since: Annotated[AwareDatetime | None, Field(description="That moment included.")] = None
    until: Annotated[AwareDatetime | None, Field(description="That moment excluded.")] = None

    @property
    def which(self) -> EventFilter:
        """As the log takes it."""
        return EventFilter(self.type, self.since, self.until)


class AllEventsQuery(EventsQuery):
    """Which events, and whose."""

    user_id: Annotated[str | None, Field(max_length=64, description="Only what concerns this account.")] = None


@operations.add("GET", "/v1/events", answer=ListView[EventView])
async def list_(asked: Asked, query: AllEventsQuery) -> Reply:
    """List what happened, newest first."""
    user_id = None if query.user_id is None else find(USER, query.user_id)

    async def use_case(tx: Tx) -> Reply:
        page = await list_events(tx, query.which, user_id=user_id, limit=query.limit, cursor=query.cursor)
        return list_reply(page, event_view)

    return await asked.read(use_case, may_lag=True)


@operations.add("GET", "/v1/users/{user_id}/events", answer=ListView[EventView], problems=[UserNotFound])
async def list_of_user(asked: Asked, user_id: str, query: EventsQuery) -> Reply:
    """List what happened to a user's account, newest first."""

    async def use_case(tx: Tx) -> Reply:
        user = await show_user(tx, find(USER, user_id))
        page = await list_events(tx, query.which, user_id=user.id, limit=query.limit, cursor=query.cursor)
        return list_reply(page, event_view)

    return await asked.read(use_case)


@operations.add("GET", "/v1/me/events", answer=ListView[EventView])
async def list_mine(asked: Asked, query: EventsQuery) -> Reply:
    """List what happened to your account, newest first."""

    async def use_case(tx: Tx) -> Reply:
        require(tx.actor, READ_ME)
        page = await list_my_events(tx, query.which, limit=query.limit, cursor=query.cursor)
        return list_reply(page, own_event_view)

    return await asked.read(use_case)
