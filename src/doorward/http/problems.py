"""Writing a failure: the one place where a Problem becomes an HTTP answer (RFC 9457), for FastAPI and for plain ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import orjson

from doorward.http.call import KEY
from doorward.kernel.problem import Kind, Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
HeaderList = list[tuple[bytes, bytes]]

_MEDIA_TYPE: Final = (b"content-type", b"application/problem+json")
_MAX_INSTANCE: Final = 512


class MalformedRequest(Problem):
    """The request breaks the rules of HTTP or cannot be read: for example a header that may stand once is there twice.

    Remedy: The detail says which rule; mend that.
    """

    code = "malformed-request"
    kind = Kind.MALFORMED
    title = "The request cannot be read"


class MethodNotAllowed(Problem):
    """The address exists, but not with this method. The `Allow` header lists those that do.

    Remedy: Use one of the methods that `Allow` lists.
    """

    code = "method-not-allowed"
    kind = Kind.METHOD_NOT_ALLOWED
    title = "Not with this method"


class UnsupportedMedia(Problem):
    """The body is of a kind that this operation does not read, or is compressed, which no operation reads.

    Remedy: Send JSON as `application/json`, uncompressed.
    """

    code = "unsupported-media-type"
    kind = Kind.UNSUPPORTED_MEDIA
    title = "The body is of an unsupported kind"


class TooLarge(Problem):
    """The body is larger than the operator allows (`DOORWARD_HTTP__MAX_BODY_BYTES`).

    Remedy: Send less. Only the operator can allow more.
    """

    code = "body-too-large"
    kind = Kind.TOO_LARGE
    title = "The body is too large"


class NotAcceptable(Problem):
    """None of the media types in `Accept` can be made here.

    Remedy: Accept `application/json`, or leave `Accept` out.
    """

    code = "not-acceptable"
    kind = Kind.NOT_ACCEPTABLE
    title = "No acceptable representation"


def render(
    problem: Problem, *, instance: str, request_id: str, trace_id: str | None = None
) -> tuple[int, HeaderList, bytes]:
    """A problem as status, headers and body.

    instance: the request's path as it was sent, without the query. request_id: what its log line carries. trace_id: of
    the trace it belongs to, where traces are sent.
    """
    document = problem.document(instance=instance, request_id=request_id)
    if trace_id is not None:
        document["trace_id"] = trace_id
    body = orjson.dumps(document)
    headers = [_MEDIA_TYPE, (b"content-length", str(len(body)).encode())]
    if problem.retry_after is not None:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    headers.extend((name.encode("ascii"), value.encode("latin-1")) for name, value in problem.headers)
    return problem.kind.status, headers, body


def render_for(scope: Scope, problem: Problem) -> tuple[int, HeaderList, bytes]:
    """A problem as status, headers and body for the request in `scope`."""
    raw: bytes | None = scope.get("raw_path")
    # The raw path is ASCII with percent signs: a URI reference, as the standard wants it, and always encodable.
    instance = scope["path"].encode("ascii", "replace") if raw is None else raw.partition(b"?")[0]
    call = scope.get(KEY)
    if call is not None:
        call.problem = problem.code
    return render(
        problem,
        instance=instance[:_MAX_INSTANCE].decode("ascii", "replace"),
        request_id="" if call is None else call.request_id,
        trace_id=None if call is None else call.trace_id,
    )


async def answer(problem: Problem, scope: Scope, send: Send) -> None:
    """Sends a problem as the answer to the request in `scope`."""
    status, headers, body = render_for(scope, problem)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
