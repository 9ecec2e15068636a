"""One REST operation: its place, what it takes and answers, and the function that does it.

An operation is run in the same way from FastAPI's routes and from the fast lane: the same checks, the same errors, the
same answer. FastAPI describes it in OpenAPI from the very types that are checked here.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar, get_type_hints
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

from doorward.http.body import read_body, require_json
from doorward.http.call import KEY, Call
from doorward.http.problems import MalformedRequest, Receive, Scope
from doorward.http.rate_limits import Limit, RateLimits
from doorward.http.validation import declared_names, invalid, validate
from doorward.infra.tools import Tools
from doorward.kernel.problem import FieldError, InvalidInput, NotFound, Problem
from doorward.surfaces.rest.asked import Asked, Reply

Endpoint = Callable[..., Awaitable[Reply]]
Defined = TypeVar("Defined", bound=Endpoint)
Parameters = TypeVar("Parameters", bound=BaseModel)

_MOST_PARAMETERS: Final = 50
_NULL: Final = "\0"
_NULL_ESCAPED: Final = b"\\u0000"  # JSON takes it in no other form


class Body(BaseModel):
    """The body of a request: no unknown members, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """The query of a request: no unknown parameters; texts are read as what the field says."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _NoQuery(Query):
    """An operation without parameters."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    path: with its parameters in braces. public: whether it needs nobody to be signed in. hot: whether the fast lane
    serves it. keeps_answers: whether it honors Idempotency-Key; not where an answer opens a session.
    limit: by which of the rate limits it is counted; None for what only says how the process is.
    """

    method: str
    path: str
    endpoint: Endpoint
    status: int
    answer: Any
    tag: str
    problems: Sequence[type[Problem]] = ()
    public: bool = False
    hot: bool = False
    keeps_answers: bool = True
    limit: Limit | None = None
    body: type[Body] | None = None
    body_optional: bool = False
    query: type[Query] | None = None
    path_parameters: tuple[str, ...] = field(default=())

    async def run(self, tools: Tools, scope: Scope, receive: Receive, path_values: Sequence[str]) -> Reply:
        """Checks the request, finds out who asks, and does it. Raises a Problem for anything that is wrong."""
        call: Call = scope[KEY]
        call.route = self.path
        asked = Asked(tools, call, self, scope)
        limits: RateLimits = tools.held[RateLimits]
        limit = self.limit if limits.enabled else None
        if limit and (waiting := limits.count_address(call, limit, last=self.public)):
            await waiting
        if not self.public:
            # First of all, so that strangers learn nothing from what is wrong with their input.
            identity = await asked.find_out_who()
            asked.let_in(identity)
            if limit and (waiting := limits.count_user(call, limit, identity.user.id)):
                await waiting
        arguments: dict[str, Any] = {}
        if path_values:
            if any(_NULL in value for value in path_values):
                raise NotFound("There is nothing at this address.")
            arguments.update(zip(self.path_parameters, path_values, strict=True))
        if self.query is not None:
            arguments["query"] = read_query(self.query, scope["query_string"])
        elif scope["query_string"]:
            read_query(_NoQuery, scope["query_string"])
        if self.body is not None:
            asked.content = content = await read_body(receive)
            arguments["body"] = self._read_body(self.body, scope, content)
        return await self.endpoint(asked, **arguments)

    def _read_body(self, model: type[Body], scope: Scope, content: bytes) -> Body:
        if not content and self.body_optional:
            return model()
        require_json(scope)
        body = validate(model, content)
        if _NULL_ESCAPED in content:
            refuse_null(body.model_dump(), within="")
        return body


def read_query(model: type[Parameters], raw: bytes) -> Parameters:
    """The query of a request. Raises InvalidInput for unknown, repeated or wrong parameters."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(raw),
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except (UnicodeDecodeError, ValueError):
        raise MalformedRequest(
            "The query is not well-formed: it reads name=value&name=value, percent-encoded UTF-8."
        ) from None
    values = dict(pairs)
    if len(values) < len(pairs):
        raise InvalidInput(FieldError("/query", "repeated-parameter", "Give each query parameter once."))
    try:
        query = model.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    else:
        if b"%00" in raw:
            refuse_null(query.model_dump(), within="/query")
        return query
    raise invalid(details, declared=declared_names(model), within="/query")


def refuse_null(members: Mapping[str, Any], *, within: str) -> None:
    """Raises InvalidInput where a text holds U+0000: one database cannot store it, and many programs end a text there."""
    errors = [
        FieldError(f"{within}/{name}", "text-null-character", "Leave out the character U+0000.")
        for name, value in members.items()
        if _holds_null(value)
    ]
    if errors:
        raise InvalidInput(*errors)


def _holds_null(value: object) -> bool:
    if isinstance(value, str):
        return _NULL in value
    if isinstance(value, Mapping):
        return any(_NULL in name or _holds_null(each) for name, each in value.items())
    return isinstance(value, Sequence) and any(_holds_null(each) for each in value)


class Operations:
    """The operations of one file, collected by decorating their functions. tag: under which OpenAPI groups them."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Operation] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        answer: Any = None,
        status: int = 200,
        problems: Sequence[type[Problem]] = (),
        public: bool = False,
        hot: bool = False,
        keeps_answers: bool = True,
        limit: Limit | Literal["by-method"] | None = "by-method",
    ) -> Callable[[Defined], Defined]:
        """Makes the decorated function an operation. answer: the type of what it answers, for OpenAPI. limit: see Operation."""

        def decorate(endpoint: Defined) -> Defined:
            hints = get_type_hints(endpoint)
            parameters = inspect.signature(endpoint).parameters
            self.all.append(
                Operation(
                    method=method,
                    path=path,
                    endpoint=endpoint,
                    status=status,
                    answer=answer,
                    tag=self.tag,
                    problems=tuple(problems),
                    public=public,
                    hot=hot,
                    keeps_answers=keeps_answers,
                    limit=("read" if method == "GET" else "write") if limit == "by-method" else limit,
                    body=hints.get("body"),
                    body_optional="body" in parameters and parameters["body"].default is not inspect.Parameter.empty,
                    query=hints.get("query"),
                    path_parameters=tuple(part[1:-1] for part in path.split("/") if part.startswith("{")),
                )
            )
            return endpoint

        return decorate
