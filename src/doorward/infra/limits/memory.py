"""Counts of this process alone.

Windows begin at the same moment for everybody, so a whole window's counts are dropped at once: forgetting costs nothing,
however many callers there were. (The library `limits` walks over every key at every hit to find the expired ones.)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from doorward.infra.limits.rate import Rate, Standing, weigh

# About 20 MiB. Who comes later shares a count with others: an attacker with many networks cannot turn the limit off.
_MOST_KEYS: Final = 100_000
_SHARED: Final = 4096


class _Windows:
    """The counts of all callers under one rate."""

    __slots__ = ("current", "number", "previous")

    def __init__(self) -> None:
        self.number = -1
        self.current: dict[str | int, int] = {}
        self.previous: dict[str | int, int] = {}

    def turn_to(self, number: int) -> None:
        """Begins a new window."""
        self.previous = self.current if number == self.number + 1 else {}
        self.current = {}
        self.number = number


class MemoryCounts:
    """Counts by key. clock: seconds since any fixed moment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[Rate, _Windows] = {}

    def take(self, key: str, rate: Rate) -> Standing:
        """Takes one of what a key may do; what is refused is not counted."""
        number, into = divmod(self._clock(), rate.seconds)
        windows = self._windows.get(rate)
        if windows is None:
            windows = self._windows[rate] = _Windows()
        if number != windows.number:
            windows.turn_to(int(number))
        current = windows.current
        place: str | int = key
        count = current.get(place, 0)
        if not count and len(current) >= _MOST_KEYS:
            place = hash(key) % _SHARED
            count = current.get(place, 0)
        standing = weigh(rate, windows.previous.get(place, 0), count, into)
        if standing.allowed:
            current[place] = count + 1
        return standing
