"""What happens to sessions. The target is the session's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class SessionStarted(Event):
    """Somebody signed in."""

    type: ClassVar[str] = "session.started"
    counted: ClassVar[Mapping[str, str]] = {"method": "methods"}
    kind: str
    methods: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SessionRefreshed(Event):
    """A refresh token was exchanged for its successor. The session itself shows from where."""

    type: ClassVar[str] = "session.refreshed"
    traced: ClassVar[bool] = False
    generation: int


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """A session was ended: by signing out, by its owner or an administrator, or because the account changed."""

    type: ClassVar[str] = "session.ended"
    counted: ClassVar[Mapping[str, str]] = {"reason": "reason"}
    reason: str


@dataclass(frozen=True, kw_only=True)
class RefreshTokenReused(Event):
    """A refresh token was used again after its successor; somebody may have copied it, so the session was ended."""

    type: ClassVar[str] = "session.refresh_token_reused"
    generation: int
