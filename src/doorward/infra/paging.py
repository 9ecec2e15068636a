"""Cursors: where the last page of a list ended, authenticated so that nobody can make one up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from doorward.infra.crypto.tokens import Purpose, Stamper
from doorward.kernel.problem import FieldError, InvalidInput

_CURSOR: Final = Purpose("cursor", "cur")


def write_cursor(stamper: Stamper, listing: str, position: Sequence[Any]) -> str:
    """A cursor. listing: what is listed and how (filters and order), so that a cursor serves no other list."""
    return stamper.stamp(_CURSOR, orjson.dumps([listing, *position]))


def read_cursor(stamper: Stamper, listing: str, cursor: str) -> list[Any]:
    """The position in a cursor. Raises InvalidInput for one that is damaged or belongs to another list."""
    payload = stamper.unstamp(_CURSOR, cursor)
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
