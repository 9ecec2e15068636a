"""Opening the socket to listen on before anything else starts, so that a busy port is one sentence and no traceback."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Final

from doorward.http.settings import ServerSettings

# A peer that acknowledges nothing for this long is gone or plays dead; ordinary ones answer within seconds.
_UNACKNOWLEDGED_MILLISECONDS = 30_000
# TCP_NOTSENT_LOWAT, by its number on Linux: Python's name for it is younger (3.12).
_NOT_SENT_LOW_WATER: Final = getattr(socket, "TCP_NOTSENT_LOWAT", 25 if sys.platform == "linux" else -1)
_NOT_SENT_BYTES: Final = 64 * 1024


class CannotListen(Exception):  # noqa: N818 - said to the operator as it is
    """The socket cannot be opened. The message says why and what to do, in one sentence or two."""


def listen(settings: ServerSettings) -> socket.socket:
    """A listening socket at the settings' address. Raises CannotListen."""
    opened = _unix(settings.uds) if settings.uds is not None else _tcp(settings.host, settings.port)
    opened.listen(settings.backlog)
    opened.setblocking(False)
    return opened


def url_of(listening: socket.socket) -> str:
    """Where the socket can be reached, as a URL."""
    if listening.family == getattr(socket, "AF_UNIX", None):
        return f"unix:{listening.getsockname()}"
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def close(listening: socket.socket, *, path: str | None) -> None:
    """Closes the socket. path: of a Unix socket, which is removed."""
    listening.close()
    if path is not None:
        Path(path).unlink(missing_ok=True)


def _tcp(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise CannotListen(
            f"'{host}' is not an address of this machine. Set DOORWARD_SERVER__HOST to one that is."
        ) from None
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(AttributeError, OSError):
        # Accepted connections inherit it: a client that asks and never reads the answer does not hold it for ever.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MILLISECONDS)
    with contextlib.suppress(AttributeError, OSError):
        # The kernel takes megabytes for a client that reads nothing. With this it keeps a little, and the rest of an answer
        # waits where we see that nobody takes it; nobody who reads is any slower.
        opened.setsockopt(socket.IPPROTO_TCP, _NOT_SENT_LOW_WATER, _NOT_SENT_BYTES)
    try:
        opened.bind(address)
    except OSError as error:
        opened.close()
        raise CannotListen(_reason(error, host, port)) from None
    return opened


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return f"Port {port} on {host} is in use by another program. Stop that one, or choose another port, such as PORT={other}."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system's administrator. Choose one above 1023, such as PORT=8000."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"'{host}' is not an address of this machine. Set DOORWARD_SERVER__HOST to one that is."
    return f"Port {port} on {host} cannot be opened: {os.strerror(error.errno or 0)}."


def _unix(path: str) -> socket.socket:
    place = Path(path)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if place.exists() and stat.S_ISSOCK(place.stat().st_mode) and not _answers(path):
            # Left behind by a process that was killed.
            place.unlink()
        opened.bind(path)
        # Whoever may enter the folder may connect; the proxy in front usually runs as somebody else.
        place.chmod(0o666)
    except OSError as error:
        opened.close()
        reason = (
            "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror}"
        )
        raise CannotListen(f"The Unix socket {path} {reason}. Set DOORWARD_SERVER__UDS to another path.") from None
    return opened


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(path) == 0
