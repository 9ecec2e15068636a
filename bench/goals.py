"""The goals of the project's speed work as data: what is divided by what, and what the quotient must be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.people import MEMORY_KIB
from bench.rounds import Result
from bench.rows.growth import FEW, MANY, READS

Values = Callable[[Result], list[float]]


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing to reach. limit: the least (or, with at_most, the most) that is met. aim: what would be better still.

    needs: the contenders without which there is nothing to judge. values: the figure, round by round.
    """

    row: str
    text: str
    needs: tuple[str, ...]
    values: Values
    limit: float
    at_most: bool = False
    aim: float | None = None
    unit: str = "x"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a goal came out: the median over the rounds, and the smallest and largest."""

    row: str
    database: str
    text: str
    wanted: str
    value: float
    smallest: float
    largest: float
    unit: str
    met: bool
    reached: float  # how far beyond the limit: 1 is just met, 2 is twice as good


def _quotient(over: tuple[str, str], under: tuple[str, str]) -> Values:
    """A figure of one contender divided by one of another, in the same round."""

    def values(result: Result) -> list[float]:
        pairs = zip(result.values(*over), result.values(*under), strict=True)
        return [one / other for one, other in pairs]

    return values


def _rates(row: str, text: str, over: str, under: str, limit: float, aim: float | None = None) -> Goal:
    return Goal(row, text, (over, under), _quotient((over, "rate"), (under, "rate")), limit, aim=aim)


def _figure(contender: str, figure: str) -> Values:
    return lambda result: result.values(contender, figure)


def hash_memory_mib() -> float:
    """What the hashes of one round of all cores hold at once."""
    return len(os.sched_getaffinity(0)) * MEMORY_KIB / 1024


def _beyond_idle(result: Result) -> list[float]:
    pairs = zip(result.values("doorward", "loaded_mib"), result.values("doorward", "idle_mib"), strict=True)
    return [loaded - idle - hash_memory_mib() for loaded, idle in pairs]


_ALONE: Final = "doorward alone"
_STORM: Final = "doorward in the storm"
_PEER_WHO: Final = "fastapi-users who-am-i"

GOALS: Final[Sequence[Goal]] = (
    _rates("who-am-i", "requests/s over fastapi-users", "doorward", "fastapi-users", 6, 10),
    Goal(
        "who-am-i",
        "server CPU of fastapi-users over ours",
        ("doorward", "fastapi-users"),
        _quotient(("fastapi-users", "server_cpu"), ("doorward", "server_cpu")),
        6,
        aim=10,
    ),
    _rates("user-by-id", "requests/s over fastapi-users", "doorward", "fastapi-users", 4, 6),
    _rates("list", "first page of 50 over fastapi-users' who-am-I", "doorward first page", _PEER_WHO, 1.4, 3),
    _rates("list", "deep page of 50 over fastapi-users' who-am-I", "doorward deep page", _PEER_WHO, 1.4, 3),
    _rates("sign-in", "rate over the raw hash", "doorward", "raw hash", 0.90, 0.95),
    _rates("sign-in", "rate over fastapi-users", "doorward", "fastapi-users", 2),
    _rates("storm", "who-am-I's rate in the storm over alone", _STORM, _ALONE, 0.5),
    Goal(
        "storm",
        "who-am-I's p99 in the storm over alone",
        (_STORM, _ALONE),
        _quotient((_STORM, "p99"), (_ALONE, "p99")),
        3,
        at_most=True,
    ),
    Goal(
        "rate-limit",
        "server CPU of who-am-I counted over not counted",
        ("doorward, counted", "doorward"),
        _quotient(("doorward, counted", "server_cpu"), ("doorward", "server_cpu")),
        1.05,
        at_most=True,
    ),
    _rates("refresh", "requests/s over fastapi-users' who-am-I", "doorward", _PEER_WHO, 3),
    *(
        Goal(
            "growth",
            f"p99 of {read}, {MANY:,} users over {FEW:,}",
            (f"{read} at {MANY:,}", f"{read} at {FEW:,}"),
            _quotient((f"{read} at {MANY:,}", "p99"), (f"{read} at {FEW:,}", "p99")),
            1.2,
            at_most=True,
        )
        for read in READS
    ),
    _rates("import", "rows/s over the raw bulk insert", "doorward", "raw bulk insert", 0.5),
    Goal(
        "process",
        "start to first 200",
        ("doorward",),
        _figure("doorward", "started_in"),
        1.5,
        at_most=True,
        unit=" s",
    ),
    Goal(
        "process",
        "idle memory (PSS)",
        ("doorward",),
        _figure("doorward", "idle_mib"),
        100,
        at_most=True,
        unit=" MiB",
    ),
    Goal(
        "process",
        "memory under load beyond idle and hashes",
        ("doorward",),
        _beyond_idle,
        40,
        at_most=True,
        unit=" MiB",
    ),
)


def verdicts(results: Sequence[Result]) -> Iterator[Verdict]:
    """Judges every goal for which the contenders took part."""
    for result in results:
        for goal in GOALS:
            if goal.row == result.row and result.has(*goal.needs):
                yield _judge(goal, result)


def _judge(goal: Goal, result: Result) -> Verdict:
    values = goal.values(result)
    value = median(values)
    wanted = f"{'<=' if goal.at_most else '>='} {goal.limit:g}{goal.unit}" + (
        f" (aim {goal.aim:g})" if goal.aim else ""
    )
    reached = goal.limit / max(value, 1e-9) if goal.at_most else value / goal.limit
    met = value <= goal.limit if goal.at_most else value >= goal.limit
    return Verdict(
        goal.row, result.database, goal.text, wanted, value, min(values), max(values), goal.unit, met, reached
    )
