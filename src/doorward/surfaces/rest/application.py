"""REST as one ASGI application: the fast lane, and behind it the router, which is built while the lane already answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from doorward.http.problems import App, Receive, Scope, Send
from doorward.http.rate_limits import RateLimits
from doorward.infra.tools import Tools
from doorward.surfaces.rest.lane import FastLane
from doorward.surfaces.rest.operation import Operation
from doorward.surfaces.rest.operations import OPERATIONS


class Deferred:
    """An application that is built in a thread once somebody needs it, or says that somebody soon will."""

    def __init__(self, build: Callable[[], App]) -> None:
        self._build = build
        self._building: asyncio.Future[App] | None = None

    def begin(self) -> asyncio.Future[App]:
        """Begins to build, unless that was begun before and has not failed."""
        if self._building is None or (self._building.done() and self._building.exception() is not None):
            self._building = asyncio.ensure_future(asyncio.to_thread(self._build))
        return self._building

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as soon as it is built. A request that is given up takes nothing from the others that wait."""
        app = await asyncio.shield(self.begin())
        await app(scope, receive, send)


def rest_application(
    tools: Tools, router: Deferred, *, fast_lane: bool = True, operations: Sequence[Operation] = OPERATIONS
) -> App:
    """The application. fast_lane: off only where both ways are compared. operations: all of them, perhaps with spans around."""
    tools.held[RateLimits] = RateLimits(tools)
    # It answers HEAD as GET for the router too.
    return FastLane(tools, operations if fast_lane else (), router)
