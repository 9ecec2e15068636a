"""Writing a failure: the one place where a Problem becomes an HTTP answer (RFC 9457), for FastAPI and for plain ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import orjson
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from doorward.http.call import KEY
from doorward.http.validation import invalid
from doorward.kernel.problem import FieldError, Internal, InvalidInput, Kind, NotFound, Problem, Unavailable

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
HeaderList = list[tuple[bytes, bytes]]

_MEDIA_TYPE: Final = (b"content-type", b"application/problem+json")
_MAX_INSTANCE: Final = 512


class MalformedRequest(Problem):
    """The request breaks the rules of HTTP or cannot be read: for example a header that may stand once is there twice."""

    code = "malformed-request"
    kind = Kind.MALFORMED
    title = "The request cannot be read"


class MethodNotAllowed(Problem):
    """The address exists, but not with this method. The `Allow` header lists those that do."""

    code = "method-not-allowed"
    kind = Kind.METHOD_NOT_ALLOWED
    title = "Not with this method"


class UnsupportedMedia(Problem):
    """The body is of a kind that this operation does not read, or is compressed, which no operation reads."""

    code = "unsupported-media-type"
    kind = Kind.UNSUPPORTED_MEDIA
    title = "The body is of an unsupported kind"


class TooLarge(Problem):
    """The body is larger than the operator allows (`DOORWARD_HTTP__MAX_BODY_BYTES`)."""

    code = "body-too-large"
    kind = Kind.TOO_LARGE
    title = "The body is too large"


class NotAcceptable(Problem):
    """None of the media types in `Accept` can be made here."""

    code = "not-acceptable"
    kind = Kind.NOT_ACCEPTABLE
    title = "No acceptable representation"


def render(problem: Problem, *, instance: str, request_id: str) -> tuple[int, HeaderList, bytes]:
    """A problem as status, headers and body.

    instance: the request's path as it was sent, without the query. request_id: what its log line carries.
    """
    document = problem.document(instance=instance, request_id=request_id)
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
    return render(
        problem,
        instance=instance[:_MAX_INSTANCE].decode("ascii", "replace"),
        request_id="" if call is None else call.request_id,
    )


async def answer(problem: Problem, scope: Scope, send: Send) -> None:
    """Sends a problem as the answer to the request in `scope`."""
    status, headers, body = render_for(scope, problem)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def install(app: FastAPI) -> None:
    """Makes a FastAPI application answer every failure as a problem: its own, ours, and those nobody foresaw."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(StarletteHTTPException, _on_http_exception)
    # Not logged here: Starlette raises it again after this answer, and the outermost layer logs it once.
    app.add_exception_handler(Exception, _on_failure)


def _response(request: Request, problem: Problem) -> Response:
    status, headers, body = render_for(request.scope, problem)
    response = Response(status_code=status)
    response.body = body
    response.raw_headers = headers
    return response


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - what it is installed for
    return _response(request, error)


async def _on_failure(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the form of a handler
    return _response(request, Internal())


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, (StarletteHTTPException, HTTPException))  # noqa: S101 - what it is installed for
    cause = error.__cause__
    if isinstance(cause, Problem):
        # FastAPI wraps whatever goes wrong while the body arrives; what went wrong is inside.
        return _response(request, cause)
    return _response(request, from_status(error.status_code, dict(error.headers or {})))


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is installed for
    return _response(request, from_validation_error(error))


def from_status(status: int, headers: dict[str, str] | None = None) -> Problem:  # noqa: PLR0911 - a table
    """A status that a framework chose, as the problem it means. What the framework says about it is left out."""
    kept = tuple(
        (name.lower(), value) for name, value in (headers or {}).items() if name.lower() in {"allow", "retry-after"}
    )
    match status:
        case 404:
            return NotFound("There is nothing at this address. The API's description at /docs lists what there is.")
        case 405:
            allowed = dict(kept).get("allow", "")
            return MethodNotAllowed(
                f"Use one of: {allowed}." if allowed else "Use another method; /docs lists them.", headers=kept
            )
        case 406:
            return NotAcceptable("Ask for application/json.")
        case 413:
            return TooLarge("Send a smaller body.")
        case 415:
            return UnsupportedMedia("Send the body as application/json.")
        case 422:
            return InvalidInput()
        case 503:
            return Unavailable()
        case _ if 400 <= status < 500:
            return MalformedRequest("The request cannot be read. Compare it with the API's description at /docs.")
        case _:
            return Internal()


def from_validation_error(error: RequestValidationError) -> Problem:
    """FastAPI's finding about a request as a problem. Its first step of each location says where in the request it is."""
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return invalid(details, declared=frozenset())
    errors: dict[FieldError, None] = {}
    for detail in details:
        where, *rest = detail["loc"]
        # Parameters are declared by the route, so their names may be told; members of a body may be the caller's own.
        declared = frozenset(each for each in rest if isinstance(each, str)) if where != "body" else frozenset()
        within = "" if where == "body" else f"/{where}"
        if detail["type"] == "extra_forbidden":
            rest = rest[:-1]
        problem = invalid([{**detail, "loc": rest}], declared=declared, within=within)
        errors.update(dict.fromkeys(problem.errors))
    return InvalidInput(*errors)
