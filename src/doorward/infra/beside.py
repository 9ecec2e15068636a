"""Work in a process of its own beside this one, its results coming over a pipe in their order.

It is a fork, so it needs no second start and no way to hand over open files; and so it must be made before there are
threads, connections or an event loop.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Final

_CORES_WANTED: Final = 2


def may_work_beside() -> bool:
    """Whether a process beside this one can be made now, and has a core to run on."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) >= _CORES_WANTED and threading.active_count() == 1


class Beside:
    """A process that waits for what `begin` gives it and then makes one thing after the other, up to two ahead.

    make: runs there; what it gives has to be bytes, and the end of it is the end.
    """

    def __init__(self, make: Callable[[Any], Iterator[bytes]]) -> None:
        context = multiprocessing.get_context("fork")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(make, theirs, self._ours), daemon=True)
        self._process.start()
        theirs.close()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="doorward-beside")
        self._coming: Future[bytes] | None = None

    def begin(self, given: object) -> None:
        """Lets it begin. given: whatever can be pickled; it never leaves these two processes."""
        self._ours.send(given)
        self._coming = self._thread.submit(self._ours.recv_bytes)

    async def next(self) -> bytes | None:
        """What comes next; None at the end. Raises what was raised there, and RuntimeError when the process is gone."""
        if self._coming is None:
            return None
        try:
            came = await asyncio.shield(asyncio.wrap_future(self._coming))
        except (EOFError, OSError):
            raise RuntimeError("the process beside this one has ended before its work was done") from None
        # It is taken from the pipe before anybody asks for it, so that the other process need not wait.
        self._coming = self._thread.submit(self._ours.recv_bytes) if came[:1] == _MORE else None
        if came[:1] == _FAILED:
            error: BaseException = pickle.loads(came[1:])  # noqa: S301 - from our own child
            raise error
        return came[1:] if came[:1] == _MORE else None

    def close(self) -> None:
        """Ends it, wherever it is."""
        self._process.kill()
        self._process.join()
        self._thread.shutdown()
        self._ours.close()
        self._process.close()


_MORE: Final = b"+"
_END: Final = b"."
_FAILED: Final = b"!"


def _work(make: Callable[[Any], Iterator[bytes]], pipe: Connection, other_end: Connection) -> None:
    # Left open here, the pipe would not break when the other process dies, and this one would wait for ever.
    other_end.close()
    # A Ctrl-C reaches both; the other process decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for made in make(pipe.recv()):
            pipe.send_bytes(_MORE + made)
        pipe.send_bytes(_END)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # nobody is there any more
    except Exception as error:  # noqa: BLE001 - whatever it is, the other process has to hear of it
        pipe.send_bytes(_FAILED + _pickled(error))


def _pickled(error: Exception) -> bytes:
    try:
        pickled = pickle.dumps(error)
        pickle.loads(pickled)  # noqa: S301 - our own; some errors only fail here
    except Exception:  # noqa: BLE001 - anything may keep an error from being pickled
        return pickle.dumps(RuntimeError(f"the process beside this one failed: {type(error).__name__}"))
    return pickled
