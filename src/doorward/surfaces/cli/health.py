"""`doorward health`: asks the server of this machine how it is, for container platforms that look by a command."""

from __future__ import annotations

import http.client
import os
import socket
from typing import Annotated

import typer

from doorward.surfaces.cli.show import note, print_line

# Read here and not through the settings: those import the whole house, and a platform asks every few seconds.
_HOST = "DOORWARD_SERVER__HOST"
_PORTS = ("DOORWARD_SERVER__PORT", "PORT")
_UDS = "DOORWARD_SERVER__UDS"
_METRICS_HOST = "DOORWARD_METRICS__HOST"
_METRICS_PORTS = ("DOORWARD_METRICS__PORT",)
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


class _OverSocket(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connects to the socket's file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def health(
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Only whether the process answers (/livez), not whether it can serve.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker", help="Ask a worker instead (/livez), at DOORWARD_METRICS__HOST and __PORT.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the answer.", min=0.1, max=60)] = 3.0,
) -> None:
    """Ask the server on this machine whether it is ready; the exit code is 0 when it is, else 1.

    It listens where DOORWARD_SERVER__HOST, __PORT and __UDS say, from this command's environment.
    """
    path = "/livez" if live or worker else "/readyz"
    connection = _connection_to_worker(timeout) if worker else _connection(timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(64 * 1024).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        note(f"There is no answer from the {'worker' if worker else 'server'}: {error}.")
        raise typer.Exit(1) from None
    finally:
        connection.close()
    print_line(body.strip())
    if answer.status != http.HTTPStatus.OK:
        raise typer.Exit(1)


def _connection(timeout: float) -> http.client.HTTPConnection:
    if path := os.environ.get(_UDS):
        return _OverSocket(path, timeout)
    return _connection_by(_HOST, _PORTS, "8000", timeout)


def _connection_to_worker(timeout: float) -> http.client.HTTPConnection:
    return _connection_by(_METRICS_HOST, _METRICS_PORTS, "", timeout)


def _connection_by(host_variable: str, ports: tuple[str, ...], port: str, timeout: float) -> http.client.HTTPConnection:
    host = os.environ.get(host_variable, "127.0.0.1")
    given = next((os.environ[name] for name in ports if os.environ.get(name)), port)
    if not given:
        note(f"A worker listens on no port unless {ports[0]} is set.")
        raise typer.Exit(1)
    if not given.isdecimal():
        note(f"{given!r} is not a port.")
        raise typer.Exit(1)
    return http.client.HTTPConnection(_EVERY_ADDRESS.get(host, host), int(given), timeout=timeout)
