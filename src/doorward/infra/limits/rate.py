"""How much is allowed in which time, and what is left of it."""

from __future__ import annotations

import re
from functools import lru_cache
from math import ceil
from typing import Final, NamedTuple

_FORM: Final = re.compile(r"([1-9][0-9]{0,8})\s*/\s*([1-9][0-9]{0,3})?\s*(second|minute|hour|day)s?")
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class Rate(NamedTuple):
    """So many in so many seconds."""

    most: int
    seconds: int


class Standing(NamedTuple):
    """What a caller has left. reset: seconds until more is allowed, at least 1 after a refusal."""

    allowed: bool
    remaining: int
    reset: int


@lru_cache(maxsize=256)
def read_rate(text: str) -> Rate:
    """A rate as it is written in settings: `10/minute`, `100/5 minutes`. Raises ValueError."""
    found = _FORM.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError("a rate is a number, a slash and a time, such as 10/minute or 100/5 minutes")
    count, several, unit = found.groups()
    return Rate(int(count), int(several or 1) * _SECONDS[unit])


def weigh(rate: Rate, previous: int, current: int, into: float) -> Standing:
    """What a caller may still do before this one is counted.

    previous, current: what was allowed in the window before and in this one. into: seconds since this one began. Of the
    window before only the part counts that lies less than a window ago, as if it had been spread evenly.
    """
    most, seconds = rate
    remaining = most - current
    if previous:
        remaining = int(remaining - previous * (1 - into / seconds))
    if remaining >= 1:
        return Standing(True, remaining - 1, int(seconds - into) + 1)
    if current < most:
        free_at = seconds * (1 - (most - 1 - current) / previous)
        return Standing(False, 0, max(1, ceil(free_at - into)))
    free_at = seconds * (1 - (most - 1) / current)
    return Standing(False, 0, max(1, ceil(seconds - into + free_at)))
