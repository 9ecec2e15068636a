"""The subjects of one database while they run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.ground import Ground
from bench.load import Caller
from bench.rounds import Contender, loaded
from bench.subjects.bare import Bare
from bench.subjects.doorward import Doorward
from bench.subjects.peer import Peer

SUBJECTS = (Doorward.name, Peer.name, Bare.name)


@dataclass(slots=True)
class Stage:
    """Who is there. A subject that was not asked for is None and its part of a row stays empty.

    taking_part: the names of those that were asked for, also where the rows bring them along themselves.
    """

    ground: Ground
    taking_part: frozenset[str]
    doorward: Doorward | None
    peer: Peer | None
    bare: Bare | None

    def contender(self, subject: Doorward | Peer | Bare, callers: list[Caller]) -> Contender:
        """One window of these callers per round."""
        return loaded(subject.load(callers), self.ground.seconds)


@asynccontextmanager
async def set_up(ground: Ground, subjects: Collection[str], *, opens: bool = True) -> AsyncIterator[Stage]:
    """Fills and starts the subjects, and stops them in the end. opens: whether any row needs them."""
    wanted = subjects if opens else ()
    stage = Stage(
        ground,
        frozenset(subjects),
        Doorward(ground) if Doorward.name in wanted else None,
        Peer(ground) if Peer.name in wanted else None,
        Bare(ground) if Bare.name in wanted else None,
    )
    there = [each for each in (stage.doorward, stage.peer, stage.bare) if each]
    try:
        for each in there:
            await each.open()
        yield stage
    finally:
        for each in there:
            each.close()
