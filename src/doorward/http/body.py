"""Reading a request's JSON body."""

from __future__ import annotations

from typing import Final, TypeVar

from pydantic import BaseModel

from doorward.http.call import call_of
from doorward.http.problems import Receive, Scope, UnsupportedMedia
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
