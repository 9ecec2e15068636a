"""What time it is, as something that can be handed around and set by a test."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """The system's clock. Every time in Doorward is aware and in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)


def wire(moment: datetime) -> str:
    """A moment as RFC 3339 text in UTC with microseconds left out when they are zero, ending in `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
