"""Alternating rounds: A B A B …, so that whatever else the machine does falls on all contenders alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median

from bench.load import Load, measure

Figures = dict[str, float]
Contender = Callable[[], Awaitable[Figures]]


@dataclass(slots=True)
class Result:
    """What one row showed on one database: for each contender the figures of each of its rounds."""

    row: str
    database: str
    rounds: dict[str, list[Figures]] = field(default_factory=dict)

    def values(self, contender: str, figure: str) -> list[float]:
        """One figure of a contender, round by round."""
        return [each[figure] for each in self.rounds[contender]]

    def middle(self, contender: str, figure: str) -> float:
        """The median of a figure over the rounds."""
        return median(self.values(contender, figure))

    def has(self, *contenders: str) -> bool:
        """Whether all of these took part."""
        return all(self.rounds.get(each) for each in contenders)


def loaded(load: Load, seconds: float, *, warm_up: float = 1.0) -> Contender:
    """A contender whose round is one window of a load."""

    async def once() -> Figures:
        (measured,) = await measure([load], seconds=seconds, warm_up=warm_up)
        return asdict(measured)

    return once


async def alternate(row: str, database: str, contenders: Mapping[str, Contender], rounds: int) -> Result:
    """Gives each contender its turn, so many times."""
    result = Result(row, database, {name: [] for name in contenders})
    for number in range(rounds):
        # Every second round runs backwards, so that nobody always comes right after the same other.
        names = list(contenders) if number % 2 == 0 else list(contenders)[::-1]
        for name in names:
            result.rounds[name].append(await contenders[name]())
    return result
