"""Lists in pages: a cursor says where the last page ended, and is authenticated so that nobody can make one up.

A page's cost does not depend on how far down the list it is, because it starts from a key and not from a count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from doorward.kernel.problem import FieldError, InvalidInput

Item = TypeVar("Item")

Stamp = Callable[[str, bytes], str]
Unstamp = Callable[[str, str], bytes | None]


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


def write_cursor(stamp: Stamp, listing: str, position: Sequence[Any]) -> str:
    """A cursor. listing: what is listed and how (filters and order), so that a cursor serves no other list."""
    return stamp("cursor", orjson.dumps([listing, *position]))


def read_cursor(unstamp: Unstamp, listing: str, cursor: str) -> list[Any]:
    """The position in a cursor. Raises InvalidInput for one that is damaged or belongs to another list."""
    payload = unstamp("cursor", cursor)
    if payload is not None:
        written, *position = orjson.loads(payload)
        if written == listing:
            return list(position)
    raise InvalidInput(
        FieldError(
            "/query/cursor",
            "cursor-invalid",
            "Send a next_cursor of this very list, with the same filters and order, or leave it out to start anew.",
        )
    )
