"""Reading a JSON object (RFC 8259) without leniency: no duplicate members, no NaN, no Infinity, no lone surrogates.

Two readers that disagree on a duplicate `exp` or `aud` are how a token means different things to each.
"""

from __future__ import annotations

import json
import math
from typing import Any


def read_object(data: bytes) -> dict[str, Any]:
    """The members of a JSON object. Raises ValueError for anything else, however deep or long."""
    try:
        text = data.decode("utf-8")
        value = _DECODER.decode(text)
        if "\\u" in text:
            # Only an escape can bring a lone surrogate in; it would fail wherever the value is written out again.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if type(value) is not dict:
        raise ValueError("not an object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number out of range")
    return number


def _refuse_constant(_: str) -> None:
    raise ValueError("not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant)
