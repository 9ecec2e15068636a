"""Writing lines to a file descriptor without ever waiting for whoever reads it, and without dying when that fails.

A log reader that stops reading must not stop the service (a full pipe blocks the writer), nor may a full disk or a
reader that is gone. The lines of one round of the event loop are one system call; under load that is many requests. When
the pipe is full, lines wait in a bounded queue that a thread empties; beyond its bound they are dropped and counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import stat
import threading
from collections import deque
from typing import Final

# What a pipe that polls as writable takes in one piece without blocking (POSIX PIPE_BUF).
_PIECE: Final = 4096
# What goes into a regular file at once.
_LARGE_PIECE: Final = 65536
_MAX_WAITING_BYTES: Final = 4 * 1024 * 1024


class Output:
    """A file descriptor that lines are written to. dropped: how many could not be."""

    def __init__(self, descriptor: int) -> None:
        # A copy of our own: were the original closed, its number might next belong to a database file.
        self._descriptor = os.dup(descriptor)
        self.dropped = 0
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._flusher: threading.Thread | None = None
        self._gathered: list[bytes] = []
        self._poll: select.poll | None = None
        # A regular file never polls as full; asking it each time would double the cost of a line.
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            self._poll = select.poll()
            self._poll.register(self._descriptor, select.POLLOUT)

    def close(self) -> None:
        """Ends the writing; later lines are dropped."""
        self.flush()
        with self._lock:
            os.close(self._descriptor)
            self._descriptor = -1
            self._poll = None

    def write(self, line: bytes) -> None:
        """Writes a whole line, or lets it wait, or drops it; never blocks and never raises."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write(line)
            return
        self._gathered.append(line)
        if len(self._gathered) == 1:
            # Everything else that is ready comes first; then all their lines go out together.
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Writes the lines of this round of the loop, as many at once as stay whole beside another process's lines."""
        lines, self._gathered = self._gathered, []
        most = _LARGE_PIECE if self._poll is None else _PIECE
        piece: list[bytes] = []
        size = 0
        for line in lines:
            if piece and size + len(line) > most:
                self._write(b"".join(piece))
                piece, size = [], 0
            piece.append(line)
            size += len(line)
        if piece:
            self._write(b"".join(piece))

    def _write(self, line: bytes) -> None:
        with self._lock:
            if self._waiting:
                self._keep(line)
                return
            rest = memoryview(line)
            try:
                while rest:
                    if self._poll is not None and not self._poll.poll(0):
                        self._keep(bytes(rest))
                        return
                    rest = rest[os.write(self._descriptor, rest[:_PIECE]) :]
            except BlockingIOError:
                self._keep(bytes(rest))
            except OSError:
                # The reader is gone (EPIPE) or the disk is full (ENOSPC): there is nobody to tell.
                self.dropped += 1

    def _keep(self, line: bytes) -> None:
        if self._waiting_bytes + len(line) > _MAX_WAITING_BYTES:
            self.dropped += 1
            return
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        if self._flusher is None:
            self._flusher = threading.Thread(target=self._flush, name="log-output", daemon=True)
            self._flusher.start()

    def _flush(self) -> None:
        """Writes what waits, in order, however long it takes; ends when nothing waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._flusher = None
                    return
                line = self._waiting[0]
            delivered = self._write_blocking(line)
            with self._lock:
                self._waiting.popleft()
                self._waiting_bytes -= len(line)
                self.dropped += not delivered

    def _write_blocking(self, line: bytes) -> bool:
        rest = memoryview(line)
        ready = select.poll()
        ready.register(self._descriptor, select.POLLOUT)
        try:
            while rest:
                ready.poll()
                with contextlib.suppress(BlockingIOError):
                    rest = rest[os.write(self._descriptor, rest[:_PIECE]) :]
        except OSError:
            return False
        return True
