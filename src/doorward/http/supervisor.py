"""Several server processes on one socket: starts them, replaces those that die or hang, and ends them together.

Each worker writes a byte a second from its event loop into a pipe; silence means that it hangs, however alive it looks.
When this process is killed the pipe breaks, and the workers end by themselves.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from types import FrameType
from typing import Final

import structlog

from doorward.http import server
from doorward.http.settings import ServerSettings
from doorward.infra.telemetry.counters import FOLDER_VARIABLE, forget_process

_SHORT_LIFE_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 1.0
_EXTRA_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    signs: Connection
    started_at: float = field(default_factory=time.monotonic)
    last_sign: float = field(default_factory=time.monotonic)
    serving: bool = False


def work(application: str, settings: ServerSettings, listening: socket.socket, signs: Connection) -> None:
    """What a worker process does."""

    def sign() -> bool:
        try:
            signs.send_bytes(b".")
        except OSError:
            return False
        return True

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An interrupt from the terminal reaches every process of the group; the supervisor passes it on as SIGTERM.
    code = server.run(
        application,
        settings,
        listening,
        on_started=lambda: None,
        on_tick=sign,
        signals=(signal.SIGTERM,),
    )
    raise SystemExit(code)


class Supervisor:
    """Runs the workers."""

    def __init__(
        self, application: str, settings: ServerSettings, listening: socket.socket, *, on_started: Callable[[], None]
    ) -> None:
        self._application = application
        self._settings = settings
        self._listening = listening
        self._on_started = on_started
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._told = False
        self._failed = False
        self._signals_seen = 0
        self._wake_reader, self._wake_writer = self._context.Pipe(duplex=False)
        self._log = structlog.get_logger("doorward.supervisor")

    def run(self) -> int:
        """Serves until a signal ends it. Returns the exit code: 1 when a worker could not start or did not end in order."""
        folder = tempfile.mkdtemp(prefix="doorward-counters-")
        os.environ[FOLDER_VARIABLE] = folder
        previous = {each: signal.signal(each, self._on_signal) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._workers = [self._start() for _ in range(self._settings.workers)]
            while not (self._signals_seen or self._failed):
                self._wait(1.0)
                self._check()
            return self._end()
        finally:
            for each in self._workers:
                each.process.kill()
            for number, handler in previous.items():
                signal.signal(number, handler)
            os.environ.pop(FOLDER_VARIABLE, None)
            shutil.rmtree(folder, ignore_errors=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._signals_seen += 1
        with contextlib.suppress(OSError):
            self._wake_writer.send_bytes(b"!")

    def _start(self) -> _Worker:
        reader, writer = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=work, args=(self._application, self._settings, self._listening, writer), name="doorward-worker"
        )
        process.start()
        # Only the worker may hold the writing end, else its death would not end the pipe.
        writer.close()
        return _Worker(process, reader)

    def _wait(self, seconds: float) -> None:
        """Until a worker gives a sign or ends, or a signal arrives, or the time is over; takes the signs in."""
        waiting: list[Connection | int] = [
            self._wake_reader,
            *(each.process.sentinel for each in self._workers),
            *(each.signs for each in self._workers),
        ]
        ready = set(wait(waiting, seconds))
        if self._wake_reader in ready:
            self._wake_reader.recv_bytes()
        for each in self._workers:
            if each.signs in ready:
                with contextlib.suppress(EOFError, OSError):
                    each.signs.recv_bytes()
                    each.serving = True
                    each.last_sign = time.monotonic()

    def _check(self) -> None:
        """Replaces workers that ended or hang; tells once when all of them serve."""
        now = time.monotonic()
        for place, worker in enumerate(self._workers):
            if (
                worker.process.exitcode is None
                and worker.serving
                and now - worker.last_sign > self._settings.worker_timeout_seconds
            ):
                self._log.error("worker hangs", process_id=worker.process.pid)
                worker.process.kill()
                worker.process.join()
            if worker.process.exitcode is None:
                continue
            worker.signs.close()
            forget_process(worker.process.pid or 0)
            if not worker.serving:
                self._log.error("worker could not start", process_id=worker.process.pid)
                self._failed = True
                return
            self._log.error("worker ended", process_id=worker.process.pid, exit_code=worker.process.exitcode)
            if now - worker.started_at < _SHORT_LIFE_SECONDS:
                time.sleep(_PAUSE_SECONDS)
            self._workers[place] = self._start()
        if not self._told and all(each.serving for each in self._workers):
            self._told = True
            self._on_started()

    def _end(self) -> int:
        """Passes signals on and waits until every worker has ended, or kills it when it takes far too long."""
        # The workers have theirs; with this one open too, the last of them could not close the port.
        self._listening.close()
        latest = (
            time.monotonic()
            + self._settings.drain_delay_seconds
            + self._settings.shutdown_grace_seconds
            + _EXTRA_SECONDS
        )
        self._signals_seen = max(1, self._signals_seen)
        passed_on = False
        while True:
            alive = [each for each in self._workers if each.process.exitcode is None]
            if not alive:
                break
            # A second signal may reach a worker before it saw the first, and then counts as one: so it is sent until all ended.
            if self._signals_seen > 1 or not passed_on:
                passed_on = True
                for each in alive:
                    each.process.terminate()
            if time.monotonic() > latest:
                for each in alive:
                    each.process.kill()
            pause = 1.0 if self._signals_seen == 1 else 0.1
            wait([self._wake_reader, *(each.process.sentinel for each in alive)], pause)
            while self._wake_reader.poll():
                self._wake_reader.recv_bytes()
        # One that had not begun to serve has nothing to bring to an end, and no handler for the signal yet.
        in_order = all(
            each.process.exitcode == 0 or (not each.serving and each.process.exitcode == -signal.SIGTERM)
            for each in self._workers
        )
        return 0 if in_order and not self._failed else 1
