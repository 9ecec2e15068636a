"""FastAPI's own refusals in our form: an unknown address, a method that an address has not, and failures nobody foresaw.

Apart from `problems`, because FastAPI takes long to import and only its routes need this.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from doorward.http.problems import (
    MalformedRequest,
    MethodNotAllowed,
    NotAcceptable,
    TooLarge,
    UnsupportedMedia,
    render_for,
)
from doorward.http.validation import invalid
from doorward.kernel.problem import FieldError, Internal, InvalidInput, NotFound, Problem, Unavailable


def install(app: FastAPI) -> None:
    """Makes a FastAPI application answer every failure as a problem: its own, ours, and those nobody foresaw."""
    app.add_exception_handler(Problem, _on_problem)
    # Our operations check for themselves; a route that lets FastAPI check must not repeat input as FastAPI's answer does.
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
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
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is installed for
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
