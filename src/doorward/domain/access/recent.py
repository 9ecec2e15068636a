"""Whether somebody proved a short while ago who they are; the slices below this one ask `sessions.recent` itself."""

from __future__ import annotations

from doorward.domain.sessions.recent import require_recent

__all__ = ["require_recent"]
