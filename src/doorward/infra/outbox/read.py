"""The audit log in pages, newest first."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, outerjoin, select

from doorward.infra.database.statement import Query
from doorward.infra.outbox.tables import event_persons, events

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Db


class EventRow(NamedTuple):
    """One event with what it says of the account's person, where that still stands."""

    id: UUID
    type: str
    occurred_at: datetime
    actor_kind: str
    actor_id: UUID | None
    session_id: UUID | None
    user_id: UUID | None
    target: str | None
    request_id: str | None
    data: dict[str, Any]
    person: dict[str, Any] | None


@cache
def page_query(
    *, by_user: bool, by_type: bool, after: bool, since: bool = False, until: bool = False
) -> Query[EventRow]:
    """The query for one page of the log."""
    joined = outerjoin(
        events, event_persons, and_(event_persons.c.event_id == events.c.id, event_persons.c.side == "account")
    )
    statement = (
        select(
            events.c.id,
            events.c.type,
            events.c.occurred_at,
            events.c.actor_kind,
            events.c.actor_id,
            events.c.session_id,
            events.c.user_id,
            events.c.target,
            events.c.request_id,
            events.c.data,
            event_persons.c.data.label("person"),
        )
        .select_from(joined)
        .order_by(events.c.id.desc())
        .limit(bindparam("limit"))
    )
    if by_user:
        statement = statement.where(events.c.user_id == bindparam("user_id"))
    if by_type:
        statement = statement.where(events.c.type == bindparam("type"))
    if since:
        statement = statement.where(events.c.occurred_at >= bindparam("since"))
    if until:
        statement = statement.where(events.c.occurred_at < bindparam("until"))
    if after:
        statement = statement.where(events.c.id < bindparam("after"))
    return Query(statement, EventRow)


async def read_events(
    db: Db,
    *,
    limit: int,
    after: UUID | None = None,
    user_id: UUID | None = None,
    type_: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[EventRow]:
    """Events, newest first. after: the id of the last one already seen. user_id, type_, since, until (excluded): only those."""
    query = page_query(
        by_user=user_id is not None,
        by_type=type_ is not None,
        after=after is not None,
        since=since is not None,
        until=until is not None,
    )
    return await db.all(query, limit=limit, after=after, user_id=user_id, type=type_, since=since, until=until)
