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
    """Keys as they are shown: `announced`, `signing` or `verifying`. rows: by the time from which they sign."""
    signing = max((row.active_from for row in rows if row.active_from <= now), default=None)
    return [
        {
            "kid": row.kid,
            "algorithm": row.algorithm,
            "state": "announced" if row.active_from > now else "signing" if row.active_from == signing else "verifying",
            "created_at": row.created_at,
            "active_from": row.active_from,
            "expires_at": row.expires_at,
        }
        for row in rows
    ]
