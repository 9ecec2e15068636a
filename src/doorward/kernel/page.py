"""Lists in pages. A page starts from a key and not from a count, so its cost does not depend on how far down it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list. next_cursor: for the following part; None at the end. count: of the whole list, when asked for."""

    items: Sequence[Item]
    next_cursor: str | None
    count: int | None = None

    @property
    def has_more(self) -> bool:
        """Whether another part follows."""
        return self.next_cursor is not None
