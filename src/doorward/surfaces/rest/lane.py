"""The fast lane: the few hottest operations are found by a dictionary, in front of a router whose cost grows with its routes.

It runs the same operations in the same way as the router does; a test holds their answers equal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Final

from doorward.http.entrance import Outgoing
from doorward.http.problems import App, Message, Receive, Scope, Send, answer
from doorward.infra.tools import Tools
from doorward.kernel.problem import Problem
from doorward.surfaces.rest.asked import JSON
from doorward.surfaces.rest.operation import Operation

_JSON: Final = (JSON[0].encode(), JSON[1].encode())


class FastLane:
    """Answers the hot operations and hands everything else on."""

    def __init__(self, tools: Tools, operations: Sequence[Operation], otherwise: App) -> None:
        self._tools = tools
        self._otherwise = otherwise
        self._exact: dict[tuple[str, str], Operation] = {}
        self._by_parent: dict[tuple[str, str], Operation] = {}
        for operation in operations:
            if not operation.hot:
                continue
            if not operation.path_parameters:
                self._exact[operation.method, operation.path] = operation
            elif operation.path.count("{") == 1 and operation.path.endswith("}"):
                self._by_parent[operation.method, operation.path.rpartition("/")[0]] = operation
            else:
                raise ValueError("the fast lane takes paths with at most one parameter, at the end")

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers one request."""
        method, path = scope["method"], scope["path"]
        if method == "HEAD":
            # Answered as GET, without the content (RFC 9110 section 9.3.2).
            method, scope, send = "GET", {**scope, "method": "GET"}, _without_content(send)
        operation = self._exact.get((method, path))
        if operation is not None:
            return respond(operation, self._tools, scope, receive, send, ())
        parent, _, last = path.rpartition("/")
        operation = self._by_parent.get((method, parent))
        if operation is not None and last:
            return respond(operation, self._tools, scope, receive, send, (last,))
        return self._otherwise(scope, receive, send)


def _without_content(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head


async def respond(
    operation: Operation, tools: Tools, scope: Scope, receive: Receive, send: Send, path_values: Sequence[str]
) -> None:
    """Runs an operation and sends its answer, or the problem that it raises."""
    try:
        made = await operation.run(tools, scope, receive, path_values)
    except Problem as problem:
        await answer(problem, scope, send)
        return
    headers = [
        _JSON if header is JSON else (header[0].encode("latin-1"), header[1].encode("latin-1"))
        for header in made.headers
    ]
    # Unless somebody in between wants to see what is sent.
    outgoing = getattr(send, "__self__", None)
    if isinstance(outgoing, Outgoing) and outgoing.whole(made.status, headers, made.body):
        return
    if made.status not in {204, 304}:
        headers.append((b"content-length", str(len(made.body)).encode()))
    await send({"type": "http.response.start", "status": made.status, "headers": headers})
    await send({"type": "http.response.body", "body": made.body})
