"""Uvicorn's HTTP/1.1 protocol with the bounds that it leaves open: how large a request's head may be, how long it may
take to arrive, how many connections there may be, and failures of the protocol itself as problems (RFC 9112, RFC 9457).

Below the ASGI application: a request whose head never ends never reaches that.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, ClassVar, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from doorward.http.exchange import Exchange
from doorward.http.problems import MalformedRequest, render
from doorward.http.request_id import new_request_id
from doorward.http.settings import ServerSettings
from doorward.http.size_and_time import TooManyHeaders
from doorward.kernel.problem import Kind, Problem, Unavailable

_LINGER_SECONDS: Final = 2.0
_LINGER_BYTES: Final = 4 * 1024 * 1024
_NO_LINGER: Final = struct.pack("ii", 1, 0)
# What a client that takes its answers slowly must have taken each time, or all that waited.
_LEAST_TAKEN_BYTES: Final = 64 * 1024
# Bytes on the wire beside the body itself: chunk sizes and trailers. Six for each byte is the most an honest client needs.
_OVERHEAD_FACTOR: Final = 16
_OVERHEAD_BYTES: Final = 64 * 1024
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}
# Requests' targets that were taken apart before: nearly all requests ask for the same few.
_TARGETS_KEPT: Final = 1000
_LONGEST_TARGET_KEPT: Final = 200
_targets: dict[bytes, tuple[str, bytes, bytes]] = {}


class HeadTimeout(Problem):
    """The client did not send the head of its request within the time allowed (`DOORWARD_SERVER__HEADER_TIMEOUT_SECONDS`).

    Remedy: Send the whole head at once; a connection that is opened ahead of need is closed like this.
    """

    code = "head-timeout"
    kind = Kind.TIMEOUT
    title = "The request did not arrive in time"


class _Nowhere(list[tuple[bytes, bytes]]):
    """Where trailers go: nobody reads them, and endless ones would fill the memory."""

    def append(self, value: tuple[bytes, bytes], /) -> None:
        """Keeps nothing."""


_NOWHERE: Final = _Nowhere()


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    max_connections: ClassVar[int]
    max_header_bytes: ClassVar[int]
    header_seconds: ClassVar[float]
    write_seconds: ClassVar[float]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = False
        self._head_bytes = 0
        self._wire_bytes = 0
        self._body_bytes = 0
        self._refused = False
        self._lingered = 0
        self._watch: asyncio.TimerHandle | None = None
        self._idle_since: float | None = None
        # Bytes of answers handed to the transport, ever.
        self.written = 0
        # Since when something waited to be taken by the client; what it had taken by then, and must have taken in time.
        self._untaken_since: float | None = None
        self._taken_by_then = 0
        self._owed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client connected."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            self._refuse(Unavailable("Too many connections at the moment. Try again shortly."))
        else:
            self._start_watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_watch()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        if self._refused:
            self._lingered += len(data)
            if self._lingered > _LINGER_BYTES:
                self.transport.abort()
            return
        self._wire_bytes += len(data)
        self._idle_since = None
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here; what was asked for is answered in this one.
            pass
        except httptools.HttpParserError:
            self._refuse(MalformedRequest("The bytes sent are not an HTTP/1.1 request."))
            return
        # Asked anew, since the parser's callbacks may have refused it by now.
        if self.transport.is_closing() or self._was_refused():
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.max_header_bytes:
                self._refuse(TooManyHeaders(f"The head of a request may have {self.max_header_bytes} bytes."))
                return
            self._start_watch()
        elif self._is_idle():
            # Blank lines, or what is left of a body that nobody reads any more: neither may go on for ever.
            self._start_watch()
        elif self._wire_bytes > _OVERHEAD_BYTES + _OVERHEAD_FACTOR * self._body_bytes:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A request's first byte."""
        self._in_head = True
        self._head_bytes = 0
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """A request's head is whole: the application begins, unless an answer to an earlier request is still on its way."""
        self._in_head = False
        self._wire_bytes = 0
        self._body_bytes = 0
        if self._watch is not None:
            self._stop_watch()
        parser = self.parser
        version = parser.get_http_version()
        path, raw_path, query = _targets.get(self.url) or _take_apart(self.url)
        root_path = self.root_path
        scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "method": parser.get_method().decode("ascii"),
            "root_path": root_path,
            "path": root_path + path if root_path else path,
            "raw_path": root_path.encode("ascii") + raw_path if root_path else raw_path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
        }
        self.headers = _NOWHERE
        before: RequestResponseCycle | None = self.cycle
        self.cycle = Exchange(self, scope, keep_alive=version != "1.0" and parser.should_keep_alive())
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            # Asked before its turn (pipelining).
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        task = cycle.task = self.loop.create_task(cycle.run_asgi(app))
        self.tasks.add(task)

    def on_response_complete(self) -> None:
        """An answer was sent: the next request of the connection may begin, or the time until it is closed.

        One timer looks now and then how long it has been idle; to start and stop one for each request costs more.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def timeout_keep_alive_handler(self) -> None:
        """Closes the connection if it has been idle for too long, or looks again when it may be."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None or self.transport.is_closing():
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        """Bytes arrived, or no more are wanted: the connection is not idle."""
        self._idle_since = None

    def on_body(self, body: bytes) -> None:
        """A piece of a request's body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def look_at_writes(self, now: float) -> None:
        """Cuts a client off that asks and does not take its answers: each of them would hold a connection and an answer for ever.

        Called for every connection now and then, for a timer in each would cost more. now: in the event loop's time.
        """
        waiting = self.transport.get_write_buffer_size()
        if not waiting:
            self._untaken_since = None
            return
        taken = self.written - waiting
        if self._untaken_since is not None:
            if now - self._untaken_since < self.write_seconds:
                return
            if taken - self._taken_by_then < self._owed:
                self._reset()
                return
        self._untaken_since = now
        self._taken_by_then = taken
        self._owed = min(waiting, _LEAST_TAKEN_BYTES)

    def _reset(self) -> None:
        """Ends the connection with a reset: the kernel would otherwise go on for minutes to offer what nobody takes."""
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    def _was_refused(self) -> bool:
        return self._refused

    def _is_idle(self) -> bool:
        """Whether no request is being answered. Uvicorn's annotation leaves out that there may be none yet."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _start_watch(self) -> None:
        if self._watch is None:
            self._watch = self.loop.call_later(self.header_seconds, self._too_late)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _too_late(self) -> None:
        self._watch = None
        if self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(HeadTimeout(f"Send the head of a request within {self.header_seconds:g} s."))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Answers with a problem and ends the connection, without throwing the answer away by closing on unread bytes."""
        self._refused = True
        self._stop_watch()
        self._unset_keepalive_if_required()
        if not self._is_idle():
            # An answer is on its way; anything written now would be read as part of it.
            self.transport.abort()
            return
        status, headers, body = render(problem, instance="/", request_id=new_request_id())
        lines = [STATUS_LINE[status]]
        for name, value in (
            *self.server_state.default_headers,
            *headers,
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ):
            lines += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join((*lines, b"\r\n", body)))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._watch = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def eof_received(self) -> None:
        """The client sends no more."""
        if self._refused:
            self.transport.close()


def _take_apart(target: bytes) -> tuple[str, bytes, bytes]:
    """The path of a request's target, as text and as it was sent, and its query. Raises httptools.HttpParserInvalidURLError."""
    address = httptools.parse_url(target)
    path = address.path.decode("ascii")
    parts = (unquote(path) if "%" in path else path), address.path, address.query or b""
    # Queries are of many kinds, and some hold what is better kept nowhere.
    if not parts[2] and len(target) <= _LONGEST_TARGET_KEPT:
        if len(_targets) >= _TARGETS_KEPT:
            _targets.clear()
        _targets[target] = parts
    return parts


def bounded_protocol(settings: ServerSettings) -> type[BoundedProtocol]:
    """The protocol with the settings' bounds; uvicorn makes its instances and hands them nothing of ours."""
    return type(
        "BoundedProtocol",
        (BoundedProtocol,),
        {
            "max_connections": settings.max_connections,
            "max_header_bytes": settings.max_header_bytes,
            "header_seconds": settings.header_timeout_seconds,
            "write_seconds": settings.write_timeout_seconds,
        },
    )
