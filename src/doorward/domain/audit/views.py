"""What is shown of events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from doorward.infra.outbox.read import EventRow
from doorward.kernel.ids import EVENT, SESSION, USER, encode


class EventView(TypedDict):
    """Something that happened."""

    id: str
    type: Annotated[str, Field(examples=["session.started"])]
    occurred_at: datetime
    actor: Annotated[dict[str, str | None], Field(description="`kind`, and `id` of the user who acted.")]
    user_id: str | None
    session_id: str | None
    target: str | None
    request_id: str | None
    data: dict[str, Any]
    person: Annotated[dict[str, Any] | None, Field(description="Personal data; gone once the person is erased.")]


def event_view(row: EventRow) -> EventView:
    """An event as it is shown."""
    return {
        "id": encode(EVENT, row.id),
        "type": row.type,
        "occurred_at": row.occurred_at,
        "actor": {"kind": row.actor_kind, "id": encode(USER, row.actor_id) if row.actor_id else None},
        "user_id": encode(USER, row.user_id) if row.user_id else None,
        "session_id": encode(SESSION, row.session_id) if row.session_id else None,
        "target": row.target,
        "request_id": row.request_id,
        "data": row.data,
        "person": row.person,
    }


def own_event_view(row: EventRow) -> EventView:
    """An event as the account's owner sees it: what others did is named, and who they are and why is theirs."""
    view = event_view(row)
    if row.actor_id == row.user_id or row.actor_kind == "anonymous":
        return view
    return {**view, "actor": {"kind": row.actor_kind, "id": None}, "session_id": None, "data": {}, "person": None}
