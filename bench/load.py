"""The load tool: an asyncio client over bare sockets that keeps connections alive and times each answer.

It does no more per request than it must (no headers are parsed but the length), because it shares two cores with what
it measures. HTTP/1.1 with one request at a time on each connection: no pipelining.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from time import perf_counter
from typing import Any, Final, NoReturn, cast

from bench.processes import busy_seconds, cpu_seconds

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE_SECONDS: Final = 30.0


class UnexpectedAnswerError(Exception):
    """A server answered something else than the row expects, so that its figure would mean nothing."""


class Caller:
    """What one connection sends, and how it reads what comes back. It lives through all rounds of a row."""

    expected: int = 200

    def expects(self, status: int) -> bool:
        """Whether this is how the server may answer."""
        return status == self.expected

    def next(self) -> bytes:
        """The bytes of the next request."""
        raise NotImplementedError

    def seen(self, body: bytes) -> None:
        """Reads the answer to the last request. Raises UnexpectedAnswerError when it is not what was asked for."""


class Cycle(Caller):
    """Sends the same requests in turn. contains: bytes that each answer must hold."""

    def __init__(
        self, requests: Sequence[bytes], *, contains: bytes = b"", expected: int = 200, start: int = 0
    ) -> None:
        self._requests = requests
        self._place = start % len(requests)
        self._contains = contains
        self.expected = expected

    def next(self) -> bytes:
        """The next request of the cycle."""
        place = self._place
        self._place = place + 1 if place + 1 < len(self._requests) else 0
        return self._requests[place]

    def seen(self, body: bytes) -> None:
        """Checks that the answer is about what was asked."""
        if self._contains not in body:
            raise UnexpectedAnswerError(f"an answer without {self._contains!r}: {body[:300]!r}")


class Made(Caller):
    """Sends what a function makes anew each time, such as the sign-up of somebody who is not there yet."""

    def __init__(self, make: Callable[[], bytes], *, expected: int = 200) -> None:
        self._make = make
        self.expected = expected

    def next(self) -> bytes:
        """A request made just now."""
        return self._make()


def request(
    method: str,
    path: str,
    *,
    token: str = "",
    document: object = None,
    form: str = "",
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """One HTTP/1.1 request as bytes. token: a bearer token. document: a JSON body. form: an urlencoded body."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers]
    body = b""
    if token:
        lines.append(f"authorization: Bearer {token}")
    if document is not None:
        body = json.dumps(document).encode()
        lines.append("content-type: application/json")
    elif form:
        body = form.encode()
        lines.append("content-type: application/x-www-form-urlencoded")
    if body or method in {"POST", "PUT", "PATCH"}:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(slots=True)
class Measured:
    """What one window of one load showed. Times are in seconds.

    server_cpu and database_cpu are per request. others: cores' worth of CPU that went to processes outside the window.
    """

    requests: int
    seconds: float
    rate: float
    mean: float
    p50: float
    p95: float
    p99: float
    errors: int
    server_cpu: float
    database_cpu: float
    others: float


@dataclass(slots=True)
class Load:
    """Callers on one server. process: the root of the server's process tree. database: that of the database's, if any."""

    port: int
    callers: Sequence[Caller]
    process: int
    database: int | None = None


class _Window:
    """The time in which answers count, shared by all connections of one run."""

    def __init__(self, failed: asyncio.Future[None]) -> None:
        self.counting = False
        self.stopping = False
        self.failed = failed

    def fail(self, error: Exception) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)


class _Connection(asyncio.Protocol):
    __slots__ = ("_buffer", "_caller", "_needed", "_sent_at", "_status", "_transport", "_window", "latencies", "quiet")

    def __init__(self, caller: Caller, window: _Window, latencies: array[float]) -> None:
        self._caller = caller
        self._window = window
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._needed = 0
        self._status = b""
        self._sent_at = 0.0
        self.latencies = latencies
        self.quiet = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.quiet.done():
            self.quiet.set_result(None)
            self._window.fail(UnexpectedAnswerError(f"the server closed a connection ({exc or 'no error'})"))

    def _send(self) -> None:
        content = self._caller.next()
        self._sent_at = perf_counter()
        cast("asyncio.Transport", self._transport).write(content)

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        if not self._needed:
            head = data.find(b"\r\n\r\n")
            if head < 0:
                self._buffer = data
                return
            self._status = data[9:12]
            length = _LENGTH.search(data, 0, head + 2)
            if length is None and self._status != b"204":
                self._stop(f"an answer without a content length: {data[:300]!r}")
                return
            self._needed = head + 4 + (int(length[1]) if length else 0)
        if len(data) < self._needed:
            self._buffer = data
            return
        self._answered(data)

    def _answered(self, data: bytes) -> None:
        window = self._window
        if window.counting:
            self.latencies.append(perf_counter() - self._sent_at)
        self._buffer = b""
        self._needed = 0
        if not self._caller.expects(int(self._status)):
            self._stop(f"unexpected status {self._status.decode()}: {data[:1500]!r}")
            return
        try:
            self._caller.seen(data[data.index(b"\r\n\r\n") + 4 :])
        except Exception as error:  # noqa: BLE001 - whatever a caller finds wrong ends the row, with its reason
            self._stop(f"an answer that cannot be used ({error!r})")
            return
        if window.stopping:
            self.quiet.set_result(None)
        else:
            self._send()

    def _stop(self, reason: str) -> None:
        if not self.quiet.done():
            self.quiet.set_result(None)
        self._window.fail(UnexpectedAnswerError(reason))

    def close(self) -> None:
        if not self.quiet.done():
            self.quiet.set_result(None)
        if self._transport:
            self._transport.close()


@dataclass(slots=True)
class _Side:
    load: Load
    latencies: array[float] = field(default_factory=lambda: array("d"))
    connections: list[_Connection] = field(default_factory=list)
    cpu: float = 0.0
    database_cpu: float = 0.0

    async def connect(self, window: _Window) -> None:
        loop = asyncio.get_running_loop()
        for caller in self.load.callers:
            connection = _Connection(caller, window, self.latencies)
            self.connections.append(connection)
            await loop.create_connection(partial(_same, connection), "127.0.0.1", self.load.port)

    def close(self) -> None:
        for connection in self.connections:
            connection.close()

    def read_cpu(self, sign: int) -> None:
        self.cpu += sign * cpu_seconds(self.load.process)
        if self.load.database is not None:
            self.database_cpu += sign * cpu_seconds(self.load.database)


async def measure(loads: Sequence[Load], *, seconds: float, warm_up: float = 1.0) -> list[Measured]:
    """Runs all loads at once and reports each over the same window.

    seconds: length of the window; warm_up: seconds before it whose answers do not count. Raises UnexpectedAnswerError
    at the first answer that is not the expected one.
    """
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    window = _Window(failed)
    sides = [_Side(load) for load in loads]
    collecting = gc.isenabled()
    gc.collect()
    # The tool's own collections would show up as latencies of the server.
    gc.disable()
    try:
        for side in sides:
            await side.connect(window)
        length, others = await _through(window, sides, seconds, warm_up)
        return [_summary(side, length, others) for side in sides]
    finally:
        failed.cancel()
        for side in sides:
            side.close()
        if collecting:
            gc.enable()


async def _through(window: _Window, sides: Sequence[_Side], seconds: float, warm_up: float) -> tuple[float, float]:
    """Opens and closes the window while the connections work; gives its real length in seconds, and `others`."""
    failed = window.failed
    roots = {side.load.process for side in sides} | {side.load.database for side in sides if side.load.database}

    def beyond_ours() -> float:
        return busy_seconds() - sum(os.times()[:2]) - sum(cpu_seconds(root) for root in roots)

    await asyncio.wait({failed}, timeout=warm_up)
    for side in sides:
        side.read_cpu(-1)
    others = -beyond_ours()
    begun = perf_counter()
    window.counting = True
    await asyncio.wait({failed}, timeout=seconds)
    window.counting = False
    length = perf_counter() - begun
    others += beyond_ours()
    for side in sides:
        side.read_cpu(+1)
    window.stopping = True
    # The answers under way are waited for: a rotation that was sent must be seen, or the next round starts with a
    # refresh token that was spent.
    quiet = [connection.quiet for side in sides for connection in side.connections]
    answered = asyncio.ensure_future(asyncio.wait(quiet))
    waited: list[asyncio.Future[Any]] = [failed, answered]
    await asyncio.wait(waited, timeout=_PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if failed.done():
        failed.result()
    if not answered.done():
        raise UnexpectedAnswerError(f"no answer to some requests within {_PATIENCE_SECONDS:.0f} s")
    return length, max(0.0, others / length)


def _same(connection: _Connection) -> _Connection:
    return connection


def _summary(side: _Side, seconds: float, others: float) -> Measured:
    latencies = sorted(side.latencies)
    count = len(latencies)
    if count == 0:
        _nothing(seconds)

    def quantile(share: float) -> float:
        return latencies[min(count - 1, int(share * count))]

    return Measured(
        requests=count,
        seconds=seconds,
        rate=count / seconds,
        mean=fmean(latencies),
        p50=quantile(0.50),
        p95=quantile(0.95),
        p99=quantile(0.99),
        errors=0,  # any unexpected answer ends the row instead of being counted
        server_cpu=side.cpu / count,
        database_cpu=side.database_cpu / count,
        others=others,
    )


def _nothing(seconds: float) -> NoReturn:
    raise UnexpectedAnswerError(f"not one answer came in {seconds:.1f} s")


async def ask(port: int, content: bytes) -> tuple[int, bytes]:
    """Sends one request on a connection of its own and gives status and body: for preparing a row, not for measuring."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(content)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE_SECONDS)
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        return int(head[9:12]), body
    finally:
        writer.close()


async def ask_json(port: int, content: bytes, *, expected: int = 200) -> Any:
    """Like `ask`, but reads the body as JSON and insists on the expected status."""
    status, body = await ask(port, content)
    if status != expected:
        line = content.split(b"\r\n", 1)[0].decode()
        raise UnexpectedAnswerError(f"{line} answered {status} where {expected} was expected: {body[:1500]!r}")
    return json.loads(body)
