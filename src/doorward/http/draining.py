"""Whether this process is on its way out: readiness reads it, and every answer then ends its connection."""

from __future__ import annotations


class Draining:
    """A flag that is raised once and never lowered."""

    __slots__ = ("begun",)

    def __init__(self) -> None:
        self.begun = False

    def begin(self) -> None:
        """From now on this process asks for no more requests."""
        self.begun = True
