"""What every list answers: a part of it, and where the next part begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, NotRequired, TypeVar

from pydantic import Field
from typing_extensions import TypedDict

from doorward.kernel.page import Page
from doorward.surfaces.rest.asked import Reply, reply

View = TypeVar("View")
Row = TypeVar("Row")

Limit = Annotated[int, Field(ge=1, le=200, description="How many at most: 1 to 200.")]
Cursor = Annotated[
    str | None, Field(max_length=4096, description="The `next_cursor` of the page before, to go on after it.")
]


class ListView(TypedDict, Generic[View]):
    """A page of a list."""

    items: list[View]
    next_cursor: Annotated[str | None, Field(description="For the following page; null at the end.")]
    has_more: bool
    count: NotRequired[Annotated[int, Field(description="Of the whole list, where it was asked for.")]]


def list_reply(page: Page[Row], view: Callable[[Row], Any]) -> Reply:
    """A page as an answer."""
    document: dict[str, Any] = {
        "items": [view(row) for row in page.items],
        "next_cursor": page.next_cursor,
        "has_more": page.has_more,
    }
    if page.count is not None:
        document["count"] = page.count
    return reply(document)
