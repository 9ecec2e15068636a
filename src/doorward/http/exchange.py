"""One request and its answer on the wire: uvicorn's cycle with a writer that costs a fifth of its own.

Head and body leave in one piece, as the ASGI specification has it: nothing is sent before the first part of the body.
That no header can smuggle in another is asked once of the whole head, instead of with two patterns for each header. An
answer that is whole before any of it is sent need not be taken apart into messages (`Exchange.whole`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from doorward.http.protocol import BoundedProtocol

_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110 section 5.6.2
_NAMES_KEPT: Final = 1000
_LARGE_BYTES: Final = 64 * 1024
# How the lines of those headers begin that say where the body ends.
_FRAMING: Final = frozenset({b"content-length: ", b"transfer-encoding: ", b"connection: "})
# What a header's value may hold (RFC 9110 section 5.5): what is left of a head without these is its ends of lines.
_ALLOWED: Final = bytes(each for each in range(256) if each == 0x09 or 0x20 <= each != 0x7F)
_LENGTHLESS: Final = frozenset({204, 304})
_starts: dict[bytes, bytes] = {}


class Arrival:
    """That something came, for whoever waits for it. Nearly nobody does, so asyncio's event is only made where one must."""

    __slots__ = ("_came", "_event")

    def __init__(self) -> None:
        self._came = False
        self._event: asyncio.Event | None = None

    def set(self) -> None:
        """Something came."""
        self._came = True
        if self._event is not None:
            self._event.set()

    def clear(self) -> None:
        """What came was taken."""
        self._came = False
        if self._event is not None:
            self._event.clear()

    async def wait(self) -> None:
        """Returns once something came."""
        if self._came:
            return
        if self._event is None:
            self._event = asyncio.Event()
        await self._event.wait()


def _nobody() -> None:
    """Whom an answer that has ended is told to."""


class Exchange(RequestResponseCycle):
    """A request and its answer. keep_alive: whether the connection may serve another one afterwards."""

    def __init__(self, protocol: BoundedProtocol, scope: Any, *, keep_alive: bool) -> None:
        self.scope = scope
        self.protocol = protocol
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.message_event: Any = Arrival()
        self.on_response = protocol.on_response_complete
        self.disconnected = False
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body = bytearray()
        self.more_body = True
        self.response_started = False
        self.response_complete = False
        self.chunked_encoding = None
        self.expected_content_length = 0
        self._head = b""
        self._tasks = protocol.tasks
        self.task: asyncio.Task[None] | None = None

    async def run_asgi(self, app: Any) -> None:
        """Has the application answer. Whatever it leaves undone ends the connection."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException:
            self.logger.exception("Exception in ASGI application\n")
            await self._give_up()
        else:
            if not self.response_complete and not self.disconnected:
                self.logger.error("ASGI callable returned without completing response.")
                await self._give_up()
        finally:
            self.on_response = _nobody
            # Instead of a callback, which costs a turn of the loop.
            if self.task is not None:
                self._tasks.discard(self.task)
                self.task = None

    async def _give_up(self) -> None:
        if self.response_started:
            self.transport.close()
        else:
            await self.send_500_response()

    async def send(self, message: Any) -> None:
        """Takes a part of the answer. Raises RuntimeError for one out of turn, or for a body of another length than told."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        # Only the newest of several requests sent ahead is told that its client is gone; the transport knows for all of them.
        if self.disconnected or self.transport.is_closing():
            return
        kind = message["type"]
        if not self.response_started:
            if kind != "http.response.start":
                raise RuntimeError(f"'{kind}' before 'http.response.start'")
            self._head = self._begin(message["status"], message.get("headers", ()))
            self.response_started = True
            self.waiting_for_100_continue = False
        elif kind != "http.response.body" or self.response_complete:
            raise RuntimeError(f"'{kind}' where no such part of an answer can follow")
        else:
            self._continue(message.get("body", b""), more=message.get("more_body", False))

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The head of the answer."""
        lines = [STATUS_LINE[status][:-2]]
        closes = False
        for name, value in headers:
            start = _starts.get(name) or _start(name)
            lines.append(start + value)
            if start in _FRAMING:
                closes = self._frame(start, value) or closes
        if not self.keep_alive and not closes:
            lines.append(b"connection: close")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _LENGTHLESS:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked")
        head = b"\r\n".join(lines)
        if head.translate(None, _ALLOWED) != b"\r\n" * (len(lines) - 1):
            raise RuntimeError("a header's value holds control characters")
        return head + b"\r\n\r\n"

    def whole(self, status: int, headers: Iterable[tuple[bytes, bytes]], block: bytes, body: bytes) -> bool:
        """Sends an answer that is whole, and says whether it could; if not, nothing was sent, and `send` can.

        headers: none that frame the body. block: lines that were found good before, each with its end.
        """
        if self.response_started or self.disconnected or self.flow.write_paused or not self.keep_alive:
            return False
        if status in _LENGTHLESS or self.scope["method"] == "HEAD":
            return False
        lines = [STATUS_LINE[status][:-2]]
        for name, value in headers:
            lines.append((_starts.get(name) or _start(name)) + value)
        head = b"\r\n".join(lines)
        if head.translate(None, _ALLOWED) != b"\r\n" * (len(lines) - 1):
            raise RuntimeError("a header's value holds control characters")
        self.response_started = self.response_complete = True
        self.transport.write(b"%b\r\n%bcontent-length: %d\r\n\r\n%b" % (head, block, len(body), body))
        self.message_event.set()
        self.on_response()
        return True

    def _frame(self, start: bytes, value: bytes) -> bool:
        """Takes note of a header that says how the body is framed; whether it ends the connection."""
        if start == b"content-length: ":
            if self.chunked_encoding is None:
                self.expected_content_length = int(value)
                self.chunked_encoding = False
        elif start == b"transfer-encoding: ":
            if value.lower() == b"chunked":
                self.expected_content_length = 0
                self.chunked_encoding = True
        elif b"close" in [token.strip() for token in value.lower().split(b",")]:
            self.keep_alive = False
            return True
        return False

    def _continue(self, body: bytes, *, more: bool) -> None:
        """Writes a part of the body, the first one behind the head."""
        head, self._head = self._head, b""
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            content = head
        elif self.chunked_encoding:
            piece = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            content = head + piece + (b"" if more else b"0\r\n\r\n")
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0:
                raise RuntimeError("the body is longer than its content-length")
            content = head
            if len(body) < _LARGE_BYTES:
                content = head + body
            else:
                # Joined it would be a copy, and for each client that takes it slowly another one.
                self.protocol.written += len(head)
                self.transport.write(head)
                content = body
        if content:
            self.protocol.written += len(content)
            self.transport.write(content)
        if more:
            return
        if self.expected_content_length:
            raise RuntimeError("the body is shorter than its content-length")
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def block_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers that every answer has alike as lines, each with its end; for `Exchange.whole`. Raises RuntimeError for unfit ones."""
    lines = [_start(name) + value for name, value in headers]
    if any(line.translate(None, _ALLOWED) for line in lines):
        raise RuntimeError("a header's value holds control characters")
    return b"".join(line + b"\r\n" for line in lines)


def _start(name: bytes) -> bytes:
    """How the line of a header begins. Names are few and come from code, so each is looked at once."""
    if _NAME.fullmatch(name) is None:
        raise RuntimeError("a header's name is none")
    start = name.lower() + b": "
    if len(_starts) < _NAMES_KEPT:
        _starts[name] = start
    return start
