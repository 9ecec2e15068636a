"""Serving HTTP: opens the port, then runs one server process here or several under a supervisor."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

from doorward.http.listening import CannotListen, close, listen, url_of
from doorward.http.server import run
from doorward.http.settings import ServerSettings
from doorward.http.supervisor import Supervisor


def serve(application: str, settings: ServerSettings, *, on_started: Callable[[str], None] | None = None) -> int:
    """Serves until SIGTERM or SIGINT. Returns the exit code: 0 after an ordered end, 1 when it could not start or was cut short.

    application: the import path of a factory, such as `doorward.app:create`, which is called in each server process with
    `draining=` (a `doorward.http.draining.Draining`, for readiness and `http.stack.wrap`) and gives the ASGI application.
    on_started: called once with the address, as a URL, when every server process answers.
    """
    try:
        listening = listen(settings)
    except CannotListen as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - said to whoever started it, before there is a log
        return 1
    _allow_many_files()
    url = url_of(listening)

    def tell() -> None:
        if on_started is not None:
            on_started(url)

    try:
        if settings.workers == 1:
            return run(application, settings, listening, on_started=tell)
        return Supervisor(application, settings, listening, on_started=tell).run()
    finally:
        close(listening, path=settings.uds)


def _allow_many_files() -> None:
    """Raises the limit on open files as far as this user may: each connection is one, and the usual 1024 is soon reached."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
