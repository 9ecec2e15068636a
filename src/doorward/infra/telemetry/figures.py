"""What a process counts while it works: plain numbers, because writing them must cost less than a microsecond.

`counters` carries them over into Prometheus' own objects about once a second, and when it is asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from doorward.infra.database.problems import DatabaseBusy, DatabaseUnavailable, StatementTimeout, StorageFull
from doorward.kernel.event import Event
from doorward.kernel.problem import Kind, Problem

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
FINE_BOUNDS: Final = (0.0001, 0.00025, 0.0005, *BOUNDS[:-2])

_FAILURES: Final = tuple(each.code for each in (DatabaseUnavailable, DatabaseBusy, StatementTimeout, StorageFull))
_OURS: Final = frozenset({Kind.UNAVAILABLE, Kind.STORAGE_FULL, Kind.INTERNAL})


class Durations:
    """How often something took how long. counts: by the upper bound it stayed within, the last one for everything longer."""

    __slots__ = ("bounds", "counts", "seconds")

    def __init__(self, bounds: tuple[float, ...] = BOUNDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0

    def observe(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.seconds += seconds

    @property
    def number(self) -> int:
        """How many there were."""
        return sum(self.counts)


class Lookups(Protocol):
    """How often something was found in memory, and how often not; what `functools.lru_cache` tells of itself is one."""

    @property
    def hits(self) -> int:
        """How often it was there."""
        ...

    @property
    def misses(self) -> int:
        """How often it was not."""
        ...


class Figures:
    """The sums of one process since its start.

    events: by type, method and reason, those whose transaction was committed. database_errors: by the problem's code.
    statements: of the database, each with its time. jobs: by kind and result. caches: by name, what tells its lookups.
    sign_in_steps: by aim, step and method.
    """

    __slots__ = ("caches", "database_errors", "events", "jobs", "sign_in_steps", "statements")

    def __init__(self) -> None:
        self.events: dict[tuple[str, str, str], int] = {}
        self.sign_in_steps: dict[tuple[str, str, str], int] = {}
        # From zero on: a series that begins with its first error shows no increase, and an alert on it would sleep.
        self.database_errors: dict[str, int] = dict.fromkeys(_FAILURES, 0)
        self.statements = Durations(FINE_BOUNDS)
        self.jobs: dict[tuple[str, str], Durations] = {}
        self.caches: dict[str, Callable[[], Lookups]] = {}

    def expect(self, events: Iterable[type[Event]]) -> None:
        """Counts events from zero on, for the same reason; those that are counted by method or reason begin when they happen."""
        for each in events:
            if not each.counted:
                self.events.setdefault((each.type, "", ""), 0)

    def happened(self, event: Event) -> None:
        """An event was made durable."""
        key = key_of(event)
        self.events[key] = self.events.get(key, 0) + 1

    def stepped(self, aim: str, step: str, method: str) -> None:
        """A sign-in came a step further, or was refused. Each is one of a few words of the code."""
        key = aim, step, method
        self.sign_in_steps[key] = self.sign_in_steps.get(key, 0) + 1

    def database_failed(self, problem: Problem) -> None:
        """A statement or transaction ended in a problem. One that only contradicts what is stored is no error."""
        if problem.kind in _OURS:
            self.database_errors[problem.code] = self.database_errors.get(problem.code, 0) + 1

    def job_ended(self, kind: str, result: str, seconds: float) -> None:
        """A job was run. result: `done`, `failed`, `dead` or `lost`."""
        durations = self.jobs.get((kind, result))
        if durations is None:
            durations = self.jobs[kind, result] = Durations()
        durations.observe(seconds)


def key_of(event: Event) -> tuple[str, str, str]:
    """By what an event is counted: its type, and method and reason where its class says that these are few."""
    counted = event.counted
    if not counted:
        return event.type, "", ""
    return event.type, _text(event, counted, "method"), _text(event, counted, "reason")


def _text(event: Event, counted: Mapping[str, str], label: str) -> str:
    value = getattr(event, counted[label]) if label in counted else ""
    return "+".join(value) if isinstance(value, tuple | list) else str(value or "")
