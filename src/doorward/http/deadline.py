"""The time limits of requests, all of them on one timer.

Every request has a limit and nearly none meets it. A timer for each would be started and stopped ten thousand times for
one that rings (and `asyncio.timeout` costs five times a plain timer); so the open requests are looked over now and then.
"""

from __future__ import annotations

import asyncio
from typing import Final

_EVERY_SECONDS: Final = 0.1


class Deadline:
    """The limits of one request; cancels its task when its time is up.

    receiving: whether the request is waiting for its client's bytes right now, so that the client is to blame.
    expired: `body` or `request`, whichever limit it was.
    """

    __slots__ = ("_cancelling", "_deadlines", "_task", "body_at", "expired", "receiving", "request_at")

    def __init__(self, deadlines: Deadlines, task: asyncio.Task[object], body_at: float, request_at: float) -> None:
        self._deadlines = deadlines
        self._task = task
        self._cancelling = task.cancelling()
        self.body_at = body_at
        self.request_at = request_at
        self.receiving = False
        self.expired: str | None = None

    def lift(self) -> None:
        """Takes the limits away."""
        self._deadlines.open.discard(self)

    def settle(self) -> bool:
        """After a cancellation: whether it was this one's, and nobody else wants the task to end."""
        return self.expired is not None and self._task.uncancel() <= self._cancelling

    def check(self, now: float) -> None:
        """Cancels the request if it has been too long. now: in the event loop's time."""
        if now >= self.request_at or (self.receiving and now >= self.body_at):
            self.expired = "body" if self.receiving else "request"
            self.lift()
            self._task.cancel()


class Deadlines:
    """The limits of every open request. body_seconds: until the body is here. seconds: until the answer begins."""

    def __init__(self, body_seconds: float, seconds: float) -> None:
        self._body_seconds = body_seconds
        self._seconds = seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticking = False
        self.open: set[Deadline] = set()

    def begin(self) -> Deadline:
        """The limits of the request that the present task answers."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            self._ticking = False
            self.open = set()
        if not self._ticking:
            self._ticking = True
            loop.call_later(_EVERY_SECONDS, self._tick, loop)
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 - an ASGI application runs in a task
        now = loop.time()
        deadline = Deadline(self, task, now + self._body_seconds, now + self._seconds)
        self.open.add(deadline)
        return deadline

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop is not self._loop:
            return
        now = loop.time()
        for deadline in tuple(self.open):
            deadline.check(now)
        if self.open:
            loop.call_later(_EVERY_SECONDS, self._tick, loop)
        else:
            self._ticking = False
