"""The operations as FastAPI routes: FastAPI finds them and describes them; running them is `operation.run`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, Final

from fastapi import Body, FastAPI, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from doorward.http.problems import MethodNotAllowed, Receive, Scope, Send
from doorward.infra.tools import Tools
from doorward.kernel.problem import Problem
from doorward.surfaces.rest.asked import Reply
from doorward.surfaces.rest.operation import Operation

_PROBLEM_REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}


class OperationResponse(Response):
    """An answer with exactly the headers it was made with."""

    def __init__(self, made: Reply) -> None:
        super().__init__(made.body or None, status_code=made.status)
        length = [pair for pair in self.raw_headers if pair[0] == b"content-length"]
        # As a list: there may be two cookies.
        self.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in made.headers] + length


class _OperationRoute(APIRoute):
    """A route that leaves reading and checking the request to the operation."""

    operation: Operation
    tools: Tools

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. `Allow` names every method of the address, not only that of the first of its routes."""
        if scope["method"] != self.endpoint.operation.method:  # type: ignore[attr-defined]
            allowed = self.endpoint.allowed  # type: ignore[attr-defined]
            raise MethodNotAllowed(f"Use one of: {allowed}.", headers=(("allow", allowed),))
        await super().handle(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler."""
        operation: Operation = self.endpoint.operation  # type: ignore[attr-defined]  # see `_described`
        tools: Tools = self.endpoint.tools  # type: ignore[attr-defined]

        async def handle(request: Request) -> Response:
            values = [request.path_params[name] for name in operation.path_parameters]
            return OperationResponse(await operation.run(tools, request.scope, request.receive, values))

        return handle


def add_operations(app: FastAPI, tools: Tools, operations: Sequence[Operation]) -> None:
    """Adds operations to an application."""
    methods: dict[str, list[str]] = {}
    for operation in operations:
        methods.setdefault(operation.path, []).extend(_answered(operation.method))
    for operation in operations:
        app.router.add_api_route(
            operation.path,
            _described(operation, tools, ", ".join(methods[operation.path])),
            methods=[operation.method],
            status_code=operation.status,
            response_model=operation.answer,
            # FastAPI describes what any other class answers as a text.
            response_class=Response if operation.answer is None else JSONResponse,
            tags=[operation.tag],
            summary=_summary(operation),
            description=_description(operation),
            operation_id=_operation_id(operation),
            responses=_refusals(operation),
            openapi_extra={"security": []} if operation.public else None,
            route_class_override=_OperationRoute,
        )


def _answered(method: str) -> tuple[str, ...]:
    """What is answered where an operation is. HEAD became GET before it came here (see `lane`)."""
    return ("GET", "HEAD") if method == "GET" else (method,)


def _described(operation: Operation, tools: Tools, allowed: str) -> Callable[..., Any]:
    """A function with the signature that FastAPI describes. It is never called: the route class runs the operation."""

    def described() -> None:
        raise NotImplementedError

    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[str, Path()])
        for name in operation.path_parameters
    ]
    if operation.body is not None:
        parameters.append(_keyword("body", Annotated[operation.body, Body()], optional=operation.body_optional))
    if operation.query is not None:
        parameters.append(_keyword("query", Annotated[operation.query, Query()], optional=False))
    described.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    described.operation = operation  # type: ignore[attr-defined]
    described.tools = tools  # type: ignore[attr-defined]
    described.allowed = allowed  # type: ignore[attr-defined]
    return described


def _keyword(name: str, annotation: Any, *, optional: bool) -> inspect.Parameter:
    default = None if optional else inspect.Parameter.empty
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation | None if optional else annotation, default=default
    )


def _summary(operation: Operation) -> str:
    return (inspect.getdoc(operation.endpoint) or "").partition("\n")[0].rstrip(".")


def _description(operation: Operation) -> str:
    return (inspect.getdoc(operation.endpoint) or "").partition("\n")[2].strip()


def _operation_id(operation: Operation) -> str:
    module = operation.endpoint.__module__.rpartition(".")[2]
    return f"{module}-{operation.endpoint.__name__.strip('_')}".replace("_", "-")


def _refusals(operation: Operation) -> dict[int | str, dict[str, Any]]:
    """What can go wrong, by status, with the codes that a caller may meet."""
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in operation.problems:
        by_status.setdefault(problem.kind.status, []).append(problem)
    refusals: dict[int | str, dict[str, Any]] = {
        status: {
            "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
            "content": {"application/problem+json": {"schema": _PROBLEM_REFERENCE}},
        }
        for status, problems in sorted(by_status.items())
    }
    refusals["default"] = {
        "description": "Any other failure, in the same form.",
        "content": {"application/problem+json": {"schema": _PROBLEM_REFERENCE}},
    }
    return refusals


class ProblemView(BaseModel):
    """A failure (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    trace_id: str | None = None
    errors: list[FieldErrorView] = []


class FieldErrorView(BaseModel):
    """One thing that is wrong with the input."""

    pointer: str
    code: str
    detail: str
