"""The time limits of one request, on one timer: `asyncio.timeout` costs five times as much, and every request has one."""

from __future__ import annotations

import asyncio


class Deadline:
    """Cancels the task of a request when its time is up.

    body_seconds: until its body is here. seconds: until its answer begins. receiving: whether the request is waiting for
    its client's bytes right now, so that the client is to blame. expired: which of the two limits it was.
    """

    __slots__ = ("_body_seconds", "_cancelling", "_left", "_loop", "_task", "_timer", "expired", "receiving")

    def __init__(self, body_seconds: float, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[object] | None = asyncio.current_task()
        self._cancelling = self._task.cancelling() if self._task is not None else 0
        self.receiving = False
        self.expired: str | None = None
        self._left = max(0.0, seconds - body_seconds)
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(min(body_seconds, seconds), self._ring)

    def lift(self) -> None:
        """Takes the limits away."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def settle(self) -> bool:
        """After a cancellation: whether it was this one's, and nobody else wants the task to end."""
        return self.expired is not None and self._task is not None and self._task.uncancel() <= self._cancelling

    def _ring(self) -> None:
        if self._left > 0 and not self.receiving:
            self._timer = self._loop.call_later(self._left, self._ring)
            self._left = 0.0
            return
        self._timer = None
        self.expired = "body" if self.receiving else "request"
        if self._task is not None:
            self._task.cancel()
