"""A few threads for password hashing with a bounded queue, so that a flood of sign-ins never blocks anything else."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from doorward.infra.crypto.hashing.hasher import PasswordHasher, Verdict
from doorward.infra.crypto.hashing.problems import HashingBusy
from doorward.infra.crypto.hashing.settings import HashingSettings
from doorward.infra.telemetry.figures import Durations

_Result = TypeVar("_Result")

# How far the hashing threads step back behind the event loop's thread, in steps of `nice`.
_NICENESS: Final = 5


class HashingPool:
    """Hashes and verifies passwords without holding up the event loop.

    For metrics: `waiting` and `running` at this moment; `refused` as a sum, and `durations` of what was computed.
    """

    def __init__(self, settings: HashingSettings, hasher: PasswordHasher) -> None:
        self.hasher = hasher
        self.refused = 0
        self.durations = Durations()
        self._threads = settings.threads
        self._queue_limit = settings.queue_limit
        self._admitted = 0
        self._counting = threading.Lock()
        self._executor = ThreadPoolExecutor(settings.threads, "hashing", initializer=_step_back)

    @property
    def finished(self) -> int:
        """Computations that ended."""
        return self.durations.number

    @property
    def seconds(self) -> float:
        """Time spent computing."""
        return self.durations.seconds

    @property
    def running(self) -> int:
        """Computations under way."""
        return min(self._admitted, self._threads)

    @property
    def waiting(self) -> int:
        """Computations that wait for a thread."""
        return max(0, self._admitted - self._threads)

    async def hash(self, password: str) -> str:
        """A new stored hash of a password. Raises PasswordTooLongForScheme, and HashingBusy when the queue is full."""
        return await self._run(lambda: self.hasher.hash(password))

    async def verify(self, password: str, encoded: str | None) -> Verdict:
        """Checks a password against a stored hash; None, for an account without one, takes as long and never matches.

        Raises HashingBusy when the queue is full.
        """
        stored = self.hasher.dummy if encoded is None else encoded
        return await self._run(lambda: self.hasher.judge(password, stored))

    def close(self) -> None:
        """Ends the threads after what they are computing; whatever still waits is cancelled."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _run(self, compute: Callable[[], _Result]) -> _Result:
        with self._counting:
            if self._admitted >= self._threads + self._queue_limit:
                self.refused += 1
                raise HashingBusy(self._seconds_until_free())
            self._admitted += 1
        try:
            future = self._executor.submit(self._timed, compute)
        except BaseException:
            self._leave(None)
            raise
        # Runs in the thread when the computation ends, and at once when a caller that still waits goes away.
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _timed(self, compute: Callable[[], _Result]) -> _Result:
        started = time.perf_counter()
        try:
            return compute()
        finally:
            taken = time.perf_counter() - started
            with self._counting:
                self.durations.observe(taken)

    def _leave(self, _: Future[_Result] | None) -> None:
        with self._counting:
            self._admitted -= 1

    def _seconds_until_free(self) -> int:
        finished = self.finished
        mean = self.seconds / finished if finished else 0.0
        return max(1, math.ceil(mean * self._admitted / self._threads))


def _step_back() -> None:
    """Lowers the priority of the calling thread, so that the event loop runs first when both want a core."""
    if sys.platform == "linux":
        # Linux counts niceness per thread, whatever POSIX says. A sandbox that forbids the call only costs the advantage;
        # an exception here would break the pool.
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, min(os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS, 19))
