"""How large a request may be and how long it may take, counted while it arrives and not after.

A promise in Content-Length is refused before a byte is read; a chunked body is counted; a compressed one is refused,
since a kilobyte of it can hold a gigabyte.
"""

from __future__ import annotations

import asyncio
from typing import Final

from doorward.http.call import KEY, Call
from doorward.http.deadline import Deadlines
from doorward.http.problems import App, MalformedRequest, Message, Receive, Scope, Send, TooLarge, UnsupportedMedia
from doorward.http.settings import HttpSettings
from doorward.kernel.problem import Kind, Problem, Unavailable

_TRANSFER: Final = b"transfer-encoding"
_LENGTH: Final = b"content-length"


class TooManyHeaders(Problem):
    """The request has more header fields, or longer ones, than the server reads.

    Remedy: Send fewer and shorter headers; mostly it is cookies of other services on the same domain.
    """

    code = "headers-too-large"
    kind = Kind.HEADERS_TOO_LARGE
    title = "Too many or too long headers"


class BodyTimeout(Problem):
    """The client did not send the whole body within the time allowed (`DOORWARD_HTTP__BODY_TIMEOUT_SECONDS`).

    Remedy: Send the body without pauses, or a smaller one; on slow networks the operator can allow more time.
    """

    code = "body-timeout"
    kind = Kind.TIMEOUT
    title = "The body did not arrive in time"


class ClientGone(Problem):
    """The client closed the connection before it had sent the whole body. Nobody is left to read this; the log is.

    Remedy: Read answers to their end and wait long enough for them; nothing needs to be done here.
    """

    code = "client-gone"
    kind = Kind.MALFORMED
    title = "The client left"


class RequestTimedOut(Unavailable):
    """The request took longer than allowed (`DOORWARD_HTTP__REQUEST_TIMEOUT_SECONDS`) and was given up.

    Nothing was changed, unless the time ran out while the change was already being made durable: look before doing it
    again, or repeat it with the same `Idempotency-Key`.

    Remedy: Send it again after `Retry-After` seconds.
    """

    code = "request-timed-out"
    title = "The request took too long"


class SizeAndTime:
    """Holds every request to its limits."""

    def __init__(self, app: App, settings: HttpSettings) -> None:
        self._app = app
        self._max_headers = settings.max_headers
        self._max_bytes = settings.max_body_bytes
        self._body_seconds = settings.body_timeout_seconds
        self._deadlines = Deadlines(settings.body_timeout_seconds, settings.request_timeout_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on within its limits. Raises the problem of the limit it breaks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if len(scope["headers"]) > self._max_headers:
            raise TooManyHeaders(f"Send at most {self._max_headers} header fields.")
        call: Call = scope[KEY]
        headers = call.headers
        if _TRANSFER in headers or headers.get(_LENGTH, b"0") != b"0":
            call.unread = True
            self._refuse_by_promise(call)
            receive = self._bounded(call, receive)
        deadline = call.deadline = self._deadlines.begin()
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not deadline.settle():
                raise
            if deadline.expired == "body":
                call.close = True
                raise BodyTimeout(f"Send the whole body within {self._body_seconds:g} s.") from None
            raise RequestTimedOut("The request was given up. Try again in a moment.") from None
        finally:
            deadline.lift()

    def _refuse_by_promise(self, call: Call) -> None:
        """Raises for a body whose headers alone say that it will not be read."""
        length = call.headers.get(_LENGTH)
        if length is not None and not (length.isdigit() and len(length) < 20):
            call.close = True
            raise MalformedRequest("Content-Length must be one whole number.")
        if length is not None and int(length) > self._max_bytes:
            call.close = True
            raise TooLarge(f"Send at most {self._max_bytes} bytes.")
        if call.headers.get(b"content-encoding", b"identity") != b"identity":
            call.close = True
            raise UnsupportedMedia("Send the body as it is, without compression and without Content-Encoding.")
        if _TRANSFER in call.headers:
            # Until all of it came, nobody knows where the next request would begin or how much is to be thrown away.
            call.close = True

    def _bounded(self, call: Call, receive: Receive) -> Receive:
        """`receive`, counting bytes and telling the deadline while it waits for them."""
        left = self._max_bytes
        chunked = _TRANSFER in call.headers

        async def bounded() -> Message:
            nonlocal left
            if not call.unread:
                return await receive()
            deadline = call.deadline
            if deadline is None:
                message = await receive()
            else:
                deadline.receiving = True
                message = await receive()
                deadline.receiving = False
            if message["type"] == "http.disconnect":
                # Half a document can be a whole one by chance; it must not be taken for what the client meant.
                call.gone = True
                raise ClientGone
            left -= len(message.get("body", b""))
            if left < 0:
                call.close = True
                raise TooLarge(f"Send at most {self._max_bytes} bytes.")
            if not message.get("more_body", False):
                call.unread = False
                if chunked:
                    call.close = False
            return message

        return bounded
