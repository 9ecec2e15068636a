"""Which origins' scripts may call from a browser (the Fetch standard's CORS protocol): exact ones, none by default."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

from doorward.http.call import KEY, Call
from doorward.http.problems import App, HeaderList, Receive, Scope, Send
from doorward.http.settings import HttpSettings
from doorward.kernel.problem import Kind, Problem

_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS: Final = (
    b"authorization, challenge-response, content-type, if-match, if-none-match, idempotency-key, x-request-id"
)
_ANSWER_HEADERS: Final = (
    b"etag, location, link, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id"
)
_VARY: Final = (b"vary", b"origin")


class OriginNotAllowed(Problem):
    """A browser asked whether a script of some origin may call, and that origin is not listed (`DOORWARD_HTTP__CORS_ORIGINS`).

    Remedy: The operator lists the origin of your page, exactly as browsers send it.
    """

    code = "origin-not-allowed"
    kind = Kind.FORBIDDEN
    title = "This origin may not call"


class CrossOrigin:
    """Tells browsers which origins' scripts may read answers. Refuses nothing but the question of others: cookies are
    guarded by `csrf`, and a caller that is no browser may send any Origin it likes.
    """

    def __init__(self, app: App, settings: HttpSettings) -> None:
        self._app = app
        self._origins = frozenset(each.encode() for each in settings.cors_origins)
        self._credentials = settings.cors_credentials

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Passes a request on, and tells the browser whether its script may read the answer."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        call: Call = scope[KEY]
        headers = call.headers
        origin = headers.get(b"origin")
        if origin is None and not self._origins:
            return self._app(scope, receive, send)
        if origin is not None and scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            return self._preflight(origin, send)
        if self._origins:
            # On the call and not on this answer: a failure may be answered further out, and is to be readable all the same.
            call.answer_headers = (_VARY, *(self._allow(origin) if origin in self._origins else ()))
        return self._app(scope, receive, send)

    def _allow(self, origin: bytes | None) -> HeaderList:
        headers = [(b"access-control-allow-origin", origin or b""), (b"access-control-expose-headers", _ANSWER_HEADERS)]
        if self._credentials:
            headers.append((b"access-control-allow-credentials", b"true"))
        return headers

    async def _preflight(self, origin: bytes, send: Send) -> None:
        if origin not in self._origins:
            raise OriginNotAllowed("The operator lists the origins that may in the setting `http.cors_origins`.")
        headers: HeaderList = [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _REQUEST_HEADERS),
            (b"access-control-max-age", b"600"),
            _VARY,
        ]
        if self._credentials:
            headers.append((b"access-control-allow-credentials", b"true"))
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
