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


class Windows:
    """The counts of all callers under one rate. clock: seconds since any fixed moment."""

    __slots__ = ("_clock", "_ends", "_most", "_number", "current", "previous", "rate")

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._most = rate.most
        self.current: dict[str | int, int] = {}
        self.previous: dict[str | int, int] = {}
        self._clock = clock
        self._number = -1
        self._ends = float("-inf")

    def take(self, key: str | int) -> Standing:
        """Takes one of what a key may do; what is refused is not counted. In front of every request, so in few steps."""
        now = self._clock()
        if now >= self._ends:
            self._turn(now)
        current = self.current
        count = current.get(key, 0)
        if not count and len(current) >= _MOST_KEYS:
            key = hash(key) % _SHARED
            count = current.get(key, 0)
        previous = self.previous.get(key)
        if previous is None and count < self._most:
            # As `weigh` has it, without its sums: nearly every request's way.
            current[key] = count + 1
            return Standing(True, self._most - count - 1, int(self._ends - now) + 1)
        standing = weigh(self.rate, previous or 0, count, self.rate.seconds - self._ends + now)
        if standing.allowed:
            current[key] = count + 1
        return standing

    def _turn(self, now: float) -> None:
        """Begins a new window."""
        number = int(now // self.rate.seconds)
        self.previous = self.current if number == self._number + 1 else {}
        self.current = {}
        self._number = number
        self._ends = float((number + 1) * self.rate.seconds)


class MemoryCounts:
    """Counts by key and rate. clock: seconds since any fixed moment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[Rate, Windows] = {}

    def take(self, key: str, rate: Rate) -> Standing:
        """Takes one of what a key may do under a rate."""
        windows = self._windows.get(rate)
        if windows is None:
            windows = self._windows[rate] = Windows(rate, self._clock)
        return windows.take(key)
