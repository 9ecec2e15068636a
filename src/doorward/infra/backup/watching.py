"""Who follows a backup or a restore while it runs, such as a progress bar."""

from __future__ import annotations

from typing import Protocol


class Watching(Protocol):
    """Who is told how far it is."""

    def say(self, line: str, /) -> None:
        """Something a person should know."""
        ...

    def at(self, step: str, done: int, total: int, /) -> None:
        """How far one of the steps is, in bytes."""
        ...
