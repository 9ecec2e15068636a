"""Failures of ours, reported to Sentry where its address is set: where in the code and in which request, nothing else.

No body, header, cookie, address or local variable, and no message of an exception: a driver's message repeats the very
value that it could not take. The request id in the report leads to the log, which has the rest.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any, Final

import sentry_sdk

from doorward import __version__
from doorward.infra.telemetry.logs import current_request_id
from doorward.infra.telemetry.settings import SentrySettings

_SEVERE: Final = frozenset({"error", "exception", "critical"})
_KEPT: Final = frozenset(
    {"event_id", "timestamp", "platform", "level", "release", "environment", "sdk", "exception", "tags", "type"}
)
_KEPT_OF_FRAMES: Final = frozenset({"filename", "module", "function", "lineno", "in_app"})
# What a log line says that is neither secret nor personal, and tells one kind of failure from another.
_TAGS: Final = ("event", "method", "route", "kind", "attempt")


class Reporting:
    """Sends reports."""

    def __init__(self, settings: SentrySettings, *, mode: str) -> None:
        if settings.dsn is None:
            raise ValueError("there is no address to report to")
        self._client = sentry_sdk.Client(
            dsn=settings.dsn.get_secret_value(),
            release=f"doorward@{__version__}",
            environment=settings.environment or mode,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            server_name="",
            before_send=_scrubbed,
        )

    def report(self, logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ARG002 - a structlog processor
        """Reports the exception of a log line that has one."""
        if method in _SEVERE and entry.get("exc_info"):
            error = _exception(entry["exc_info"])
            if error is not None:
                self._send(error, entry)
        return entry

    def _send(self, error: BaseException, entry: MutableMapping[str, Any]) -> None:
        scope = sentry_sdk.Scope()
        for name in _TAGS:
            if entry.get(name) is not None:
                scope.set_tag(name, str(entry[name]))
        request_id = entry.get("request_id") or current_request_id.get()
        if request_id is not None:
            scope.set_tag("request_id", request_id)
        event, hint = sentry_sdk.utils.event_from_exception(
            error, client_options=self._client.options, mechanism={"type": "doorward", "handled": True}
        )
        self._client.capture_event(event, hint=hint, scope=scope)

    def close(self) -> None:
        """Sends what waits, for two seconds at most."""
        self._client.close(timeout=2.0)


def _exception(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        error: BaseException | None = given[1]
        return error
    return sys.exc_info()[1]


def _scrubbed(event: Any, hint: Any) -> Any:  # noqa: ARG001 - as the library calls it
    """A report of what is kept and no more: new versions of the library may add what this one does not know."""
    kept = {name: value for name, value in event.items() if name in _KEPT}
    kept["exception"] = {
        "values": [
            {
                "type": each.get("type"),
                "module": each.get("module"),
                "mechanism": {"type": "doorward", "handled": True},
                "stacktrace": {"frames": [_frame(frame) for frame in (each.get("stacktrace") or {}).get("frames", ())]},
            }
            for each in (event.get("exception") or {}).get("values", ())
        ]
    }
    return kept


def _frame(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if name in _KEPT_OF_FRAMES}
