"""What is shown of signing keys."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import TypedDict

from doorward.domain.keys.store import KeyRow


class KeyView(TypedDict):
    """A signing key without its private part."""

    kid: str
    algorithm: str
    state: str
    created_at: datetime
    active_from: datetime
    expires_at: datetime | None


def key_views(rows: list[KeyRow], now: datetime) -> list[KeyView]:
    """Keys as they are shown: `announced`, `signing` or `verifying`. rows: in the order in which they were made."""
    # The newest key whose time has come; one that was announced before it never gets a turn.
    newest = max((place for place, row in enumerate(rows) if row.active_from <= now), default=-1)
    return [
        {
            "kid": row.kid,
            "algorithm": row.algorithm,
            "state": "signing" if place == newest else "announced" if place > newest else "verifying",
            "created_at": row.created_at,
            "active_from": row.active_from,
            "expires_at": row.expires_at,
        }
        for place, row in enumerate(rows)
    ]
