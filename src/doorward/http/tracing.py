"""A span around each request, outermost of all (W3C Trace Context); only there where traces are sent."""

from __future__ import annotations

from typing import Final

from doorward.http.call import KEY, Call
from doorward.http.problems import App, Message, Receive, Scope, Send
from doorward.infra.telemetry.tracing import Tracing

# Asked every few seconds by machines; nobody looks at their traces.
_NOT_TRACED: Final = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
_OF_OURS: Final = 500


class Traced:
    """Begins a trace for each request, or goes on with the one it came with."""

    def __init__(self, app: App, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["path"] in _NOT_TRACED:
            await self._app(scope, receive, send)
            return
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in {b"traceparent", b"tracestate"}
        }
        with self._tracing.request(scope["method"], headers) as span:
            try:
                await self._app(scope, receive, noting)
            finally:
                call: Call | None = scope.get(KEY)
                if call is not None:
                    route = call.route or "unmatched"
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attribute("http.route", route)
                    span.set_attribute("doorward.request_id", call.request_id)
                    if call.problem is not None:
                        span.set_attribute("doorward.problem", call.problem)
                span.set_attribute("http.response.status_code", status)
                if status >= _OF_OURS:
                    span.set_attribute("error.type", str(status))
