"""Places for a number of holders at a time, given to whoever waited longest; nobody who comes later is served before.

Written out, because asyncio's semaphore and time-out cost more than the statement that they would guard.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from doorward.infra.database.problems import DatabaseBusy
from doorward.infra.telemetry.figures import FINE_BOUNDS, Durations


class Turns:
    """A number of places. wait_seconds: how long to wait for one. refusal: what a caller is told who waited in vain.

    waits: for how long those waited who did not get a place at once; several kinds of places may share it.
    """

    def __init__(self, places: int, wait_seconds: float, refusal: str, waits: Durations | None = None) -> None:
        self._free = places
        self._wait_seconds = wait_seconds
        self._refusal = refusal
        self._queue: deque[asyncio.Future[None]] = deque()
        self.waits = waits or Durations(FINE_BOUNDS)

    @property
    def free(self) -> int:
        """How many places nobody holds."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(not place.done() for place in self._queue)

    def take_free(self) -> bool:
        """Takes a place if one is free."""
        if self._free == 0:
            return False
        self._free -= 1
        return True

    async def take(self, decline: Callable[[], None] | None = None) -> None:
        """Takes a place. Raises DatabaseBusy when none became free in time.

        decline: how a place is left that was given to a caller who was cancelled in the same moment; `give_back` unless told.
        """
        if self.take_free():
            return
        loop = asyncio.get_running_loop()
        place = loop.create_future()
        self._queue.append(place)
        since = loop.time()
        late = loop.call_later(self._wait_seconds, self._too_late, place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled() and place.exception() is None:
                (decline or self.give_back)()
            raise
        finally:
            late.cancel()
            self.waits.observe(loop.time() - since)

    def _too_late(self, place: asyncio.Future[None]) -> None:
        if not place.done():
            place.set_exception(DatabaseBusy(self._refusal))

    def pass_on(self) -> bool:
        """Gives the place of the caller to the one who waited longest; False, and it stays the caller's, when nobody waits."""
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(None)
                return True
        return False

    def give_back(self) -> None:
        """Passes the place on to the next one who still waits, or makes it free."""
        if not (self._queue and self.pass_on()):
            self._free += 1
