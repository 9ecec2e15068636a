"""One server process: uvicorn with our bounds, and an end that costs no client an answer.

At the first SIGTERM readiness says no and every answer ends its connection, but all requests are still served for a while
(`drain_delay_seconds`); then nothing more is accepted, and what has begun is finished. A second signal ends it at once.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import uvicorn

from doorward.http.draining import Draining
from doorward.http.problems import App
from doorward.http.protocol import BoundedProtocol, bounded_protocol
from doorward.http.settings import ServerSettings

# Of a tenth of a second each.
_TICKS_BETWEEN_LOOKS: Final = 10


def load(application: str, draining: Draining) -> App:
    """The application made by the factory at an import path, such as `doorward.app:create`. Called with `draining=…`."""
    module, _, name = application.partition(":")
    factory: Any = getattr(importlib.import_module(module), name)
    app: App = factory(draining=draining)
    return app


class Server(uvicorn.Server):
    """Runs until it is told to end. ended_at_once: whether a second signal cut the draining short."""

    def __init__(
        self,
        app: App,
        settings: ServerSettings,
        draining: Draining,
        *,
        on_started: Callable[[], None],
        on_tick: Callable[[], bool] | None = None,
        signals: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM),
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                http=bounded_protocol(settings),
                ws="none",
                # "auto" would take a failure at start for an application that needs no start.
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=settings.keep_alive_seconds,
                timeout_graceful_shutdown=settings.shutdown_grace_seconds,
            )
        )
        self.ended_at_once = False
        self._draining = draining
        self._delay = settings.drain_delay_seconds
        self._stop_at: float | None = None
        self._on_started = on_started
        self._on_tick = on_tick
        self._signals = signals

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to accept, then tells so."""
        await super().startup(sockets)
        if self.started:
            # What was imported and built stays for good; without this, every full collection walks over all of it again.
            gc.collect()
            gc.freeze()
            gc.enable()
            self._on_started()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        if self._on_tick is not None and counter % 10 == 0 and not self._on_tick():
            self.drain()
        if counter % _TICKS_BETWEEN_LOOKS == 0:
            self._look_at_writes()
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)

    def _look_at_writes(self) -> None:
        """Has every connection look whether its client takes what it asked for."""
        now = asyncio.get_running_loop().time()
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, BoundedProtocol):
                connection.look_at_writes(now)

    def drain(self) -> None:
        """Begins the end, unless it has begun."""
        if not self._draining.begun:
            self._draining.begin()
            self._stop_at = time.monotonic() + self._delay

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal arrived. Unlike uvicorn's, it is not raised again afterwards: an ordered end is exit code 0."""
        del frame
        if sig not in self._signals:
            return
        if self._draining.begun:
            self.ended_at_once = self.should_exit = self.force_exit = True
        else:
            self.drain()


def run(
    application: str,
    settings: ServerSettings,
    listening: socket.socket,
    *,
    on_started: Callable[[], None],
    on_tick: Callable[[], bool] | None = None,
    signals: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM),
) -> int:
    """Serves in this process until a signal ends it. Returns the exit code.

    on_tick: called once a second, ends the serving by returning False. signals: those that end it; others are ignored.
    """
    draining = Draining()
    server = Server(
        load(application, draining), settings, draining, on_started=on_started, on_tick=on_tick, signals=signals
    )
    try:
        server.run(sockets=[listening])
    except SystemExit:
        # Uvicorn's way of saying that the application could not start; it has logged why.
        return 1
    return 1 if server.ended_at_once else 0
