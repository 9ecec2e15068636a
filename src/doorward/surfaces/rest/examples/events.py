"""Examples of the audit log."""

from __future__ import annotations

from typing import Final

from doorward.surfaces.rest.examples.example import Example

EXAMPLES: Final = {
    "GET /v1/events": Example(
        needs=("events:read",),
        query={"type": "user.created", "limit": 1},
        answer="event",
        shows=("occurred_at", "type", "user_id"),
    ),
    "GET /v1/users/{user_id}/events": Example(
        needs=("users:read", "events:read"),
        query={"limit": 2},
        answer="event",
        shows=("occurred_at", "type", "actor.kind"),
    ),
    "GET /v1/me/events": Example(
        query={"type": "session.started"}, answer="event", shows=("occurred_at", "type", "person.address")
    ),
}
