"""One line for the start of each request at DEBUG and one for its end at INFO, or ERROR when the failure is ours.

The end names the route's template and never the path or the query: a link may hold a secret.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from doorward.http.call import Call
from doorward.infra.telemetry.logs import Logs

_ERROR: Final = "error"
_INFO: Final = "info"


class AccessLog:
    """Writes the lines of requests."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self.wants_start = logs.enabled("debug")
        self._wants_end = logs.enabled(_INFO)

    def started(self, call: Call, method: str, path: str) -> None:
        """A request arrived. path: goes through redaction."""
        self._logs.write(
            "debug", "request started", request_id=call.request_id, method=method, path=path, client=call.address
        )

    def ended(self, call: Call, method: str, status: int, seconds: float) -> None:
        """A request was answered. status: 499 when the client had gone before."""
        failed = status >= 500
        if not (failed or self._wants_end):
            return
        level = _ERROR if failed else _INFO
        entry = {
            "timestamp": datetime.now(UTC),
            "level": level,
            "event": "request",
            "request_id": call.request_id,
            "method": method,
            "route": call.route,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
            "user_id": call.user_id,
            "client": call.address,
        }
        if call.problem is not None:
            entry["code"] = call.problem
        if call.trace_id is not None:
            entry["trace_id"] = call.trace_id
        self._logs.line(level, entry)
