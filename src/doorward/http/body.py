"""Reading a request's JSON body, in the same way for the fast lane and for FastAPI's routes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from fastapi import Request, Response, params
from fastapi.routing import APIRoute
from pydantic import BaseModel

from doorward.http.call import call_of
from doorward.http.problems import Receive, Scope, UnsupportedMedia
from doorward.http.strict_json import parse
from doorward.http.validation import validate

Model = TypeVar("Model", bound=BaseModel)

_JSON: Final = b"application/json"


async def read_json(model: type[Model], scope: Scope, receive: Receive) -> Model:
    """The request's body as an instance of `model`.

    Raises UnsupportedMedia unless it is declared as application/json, MalformedJson, InvalidInput, and TooLarge or
    BodyTimeout when it does not arrive whole.
    """
    require_json(scope)
    return validate(model, await read_body(receive))


def require_json(scope: Scope) -> None:
    """Raises UnsupportedMedia unless the body is declared as application/json.

    A browser sends that type to another site only after asking (CORS preflight), which a plain HTML form cannot.
    """
    declared = call_of(scope).headers.get(b"content-type", b"")
    if declared != _JSON and declared.partition(b";")[0].strip().lower() != _JSON:
        raise UnsupportedMedia("Send the body as JSON with the header 'Content-Type: application/json'.")


async def read_body(receive: Receive) -> bytes:
    """The whole body. How large and how slow it may be is held by the layers outside."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    parts = [body]
    while message.get("more_body", False):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


class StrictRequest(Request):
    """FastAPI's request, with our reading of JSON."""

    async def json(self) -> Any:
        """The body by our parser: FastAPI's own takes NaN, duplicate members and more."""
        return parse(await self.body())


class StrictRoute(APIRoute):
    """FastAPI's route, with bodies checked by `validate`, so that both lanes accept and refuse the same documents.

    Use it as `APIRouter(route_class=StrictRoute)`.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the strict check in front."""
        inner = super().get_route_handler()
        field = self.body_field
        if field is None or isinstance(field.field_info, params.Form):
            return inner
        annotation = field.field_info.annotation
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
        optional = not field.field_info.is_required()

        async def strict(request: Request) -> Response:
            request = StrictRequest(request.scope, request.receive)
            body = await request.body()
            if body or not optional:
                require_json(request.scope)
                if model is None:
                    parse(body)
                else:
                    validate(model, body)
            return await inner(request)

        return strict
