"""The outermost layer: gives each request its name, counts it, logs it and sees to it that it is answered.

One class instead of one for each of these: every layer that wraps `send` costs each request its own microseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Final

from doorward.http.access_log import AccessLog
from doorward.http.call import KEY, Call
from doorward.http.client_address import ClientAddress
from doorward.http.draining import Draining
from doorward.http.exchange import Exchange
from doorward.http.headers import AnswerHeaders
from doorward.http.problems import App, HeaderList, MalformedRequest, Message, Receive, Scope, Send, render_for
from doorward.http.request_id import accepted, new_request_id
from doorward.http.settings import HttpSettings
from doorward.infra.telemetry.counters import RequestCounters, lookups
from doorward.infra.telemetry.logs import Logs, current_request_id
from doorward.kernel.problem import Internal, Problem

# Fields of which a second one would be read by some and not by others, which is how requests are smuggled past checks.
_ONCE: Final = frozenset(
    {b"authorization", b"host", b"content-length", b"content-type", b"content-encoding", b"origin", b"idempotency-key"}
)
_CLOSE: Final = (b"connection", b"close")
_LINGER_SECONDS: Final = 2.0
_LINGER_BYTES: Final = 4 * 1024 * 1024
_CLIENT_GONE: Final = 499


class Entrance:
    """Where every request comes in and every answer goes out."""

    def __init__(
        self,
        app: App,
        settings: HttpSettings,
        *,
        answer_headers: AnswerHeaders,
        counters: RequestCounters,
        logs: Logs,
        draining: Draining,
        trace_id: Callable[[], str | None] | None = None,
    ) -> None:
        self._app = app
        self._trace_id = trace_id
        self._settings = settings
        self._answer_headers = answer_headers
        self._counters = counters
        self._logs = logs
        self._access_log = AccessLog(logs)
        self._draining = draining
        self._address = ClientAddress(settings.trusted_proxies, settings.forwarded_header)
        counters.watch(lambda: lookups("trusted_proxies", self._address.is_trusted.cache_info()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        method: str = scope["method"]
        headers, repeated = _headers(scope["headers"])
        client = scope["client"]
        address, by_proxy = self._address.of(client[0] if client else None, headers)
        request_id = (accepted(headers.get(b"x-request-id")) if by_proxy else None) or new_request_id()
        call = Call(request_id, address, headers, started, self._settings)
        scope[KEY] = call
        if self._trace_id is not None:
            call.trace_id = self._trace_id()
        self._counters.in_flight += 1
        if self._access_log.wants_start:
            self._access_log.started(call, method, scope["path"])
        token = current_request_id.set(request_id)
        outgoing = Outgoing(call, receive, send, self._answer_headers, self._draining)
        try:
            if repeated is not None:
                call.close = True
                raise MalformedRequest(f"The header '{repeated}' may stand only once.")  # noqa: TRY301 - answered below like the rest
            await self._app(scope, receive, outgoing.send)
        except Problem as problem:
            await self._answer(problem, scope, outgoing)
        except Exception as error:  # noqa: BLE001 - the last resort: nothing may leave without an answer and a log entry
            self._logs.write("error", "request failed", exc_info=error, method=method, route=_route(scope, call))
            await self._answer(Internal(), scope, outgoing)
        finally:
            current_request_id.reset(token)
            seconds = perf_counter() - started
            status = _CLIENT_GONE if call.gone else outgoing.status or _CLIENT_GONE
            call.route = _route(scope, call)
            self._counters.in_flight -= 1
            self._counters.count(method, call.route, status, seconds, call.problem)
            self._access_log.ended(call, method, status, seconds)

    async def _answer(self, problem: Problem, scope: Scope, outgoing: Outgoing) -> None:
        """Sends a problem, unless an answer is already on its way: that one is then cut off by the server, visibly broken."""
        if outgoing.ended:
            return
        if outgoing.status:
            raise BrokenAnswer
        status, headers, body = render_for(scope, problem)
        await outgoing.send({"type": "http.response.start", "status": status, "headers": headers})
        await outgoing.send({"type": "http.response.body", "body": body})


class BrokenAnswer(Exception):  # noqa: N818 - read by the server alone
    """A failure after the answer had begun: the only honest thing left is to close the connection in its middle."""


class Outgoing:
    """The answer to one request on its way out."""

    __slots__ = ("_answer_headers", "_call", "_draining", "_exchange", "_receive", "_send", "ended", "status")

    def __init__(
        self, call: Call, receive: Receive, send: Send, answer_headers: AnswerHeaders, draining: Draining
    ) -> None:
        self._call = call
        self._receive = receive
        self._send = send
        self._answer_headers = answer_headers
        self._draining = draining
        exchange = getattr(send, "__self__", None)
        # None where something stands between us and the connection.
        self._exchange = exchange if isinstance(exchange, Exchange) else None
        self.status = 0
        self.ended = False

    def whole(self, status: int, headers: HeaderList, body: bytes) -> bool:
        """Sends an answer that is whole, with the headers that every answer carries; whether it could (see `Exchange.whole`).

        headers: without the body's length.
        """
        call = self._call
        exchange = self._exchange
        if exchange is None or self.status or call.close or self._draining.begun:
            return False
        if not self._answer_headers.is_free_of(headers):
            return False
        lines = [*headers, (b"x-request-id", call.request_id.encode()), *call.answer_headers]
        if not exchange.whole(status, lines, self._answer_headers.block, body):
            return False
        if call.deadline is not None:
            call.deadline.lift()
        self.status = status
        self.ended = True
        return True

    async def send(self, message: Message) -> None:
        """Passes an answer's part on, its start with the headers that every answer carries."""
        call = self._call
        if message["type"] == "http.response.start":
            deadline = call.deadline
            if deadline is not None:
                # An answer that has begun may take its time: an export is long, and a stalled reader is the socket's matter.
                deadline.lift()
            headers: HeaderList = list(message.get("headers", ()))
            self._answer_headers.complete(headers)
            headers.append((b"x-request-id", call.request_id.encode()))
            headers += call.answer_headers
            if call.close or self._draining.begun:
                headers.append(_CLOSE)
            message["headers"] = headers
            self.status = message["status"]
        elif not message.get("more_body", False):
            if call.close and call.unread:
                await self._send({**message, "more_body": True})
                await self._linger()
                message = {"type": "http.response.body", "body": b""}
            self.ended = True
        await self._send(message)

    async def _linger(self) -> None:
        """Reads on for a moment: closing a socket with unread bytes makes the kernel throw away the answer just sent."""
        left = _LINGER_BYTES
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while left > 0:
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
        except TimeoutError:
            return


def _headers(pairs: Sequence[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], str | None]:
    """A request's headers by name, repeated ones joined as RFC 9110 section 5.3 says; and the name of one that may not be."""
    headers = dict(pairs)
    if len(headers) == len(pairs):
        return headers, None
    headers = {}
    for name, value in pairs:
        if name not in headers:
            headers[name] = value
        elif name in _ONCE:
            return headers, name.decode("ascii")
        else:
            headers[name] += (b"; " if name == b"cookie" else b", ") + value
    return headers, None


def _route(scope: Scope, call: Call) -> str | None:
    """The template of the route that answered, with the prefixes of the routers around it."""
    if call.route is not None:
        return call.route
    route: Any = scope.get("route")
    if route is None:
        return None
    # FastAPI keeps the whole template of a route in an included router here, and only its own part on the route.
    whole: Any = scope.get("fastapi", {}).get("effective_route_context", route)
    path: str | None = getattr(whole, "path", None)
    return path
