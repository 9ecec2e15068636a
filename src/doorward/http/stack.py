"""The layers around the application, in their order."""

from __future__ import annotations

from collections.abc import Callable

from doorward.http.cors import CrossOrigin
from doorward.http.draining import Draining
from doorward.http.entrance import Entrance
from doorward.http.headers import AnswerHeaders
from doorward.http.hosts import AllowedHosts
from doorward.http.problems import App
from doorward.http.settings import HttpSettings
from doorward.http.size_and_time import SizeAndTime
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.logs import Logs


def wrap(
    app: App,
    settings: HttpSettings,
    *,
    public_url: str,
    counters: RequestCounters,
    logs: Logs,
    draining: Draining | None = None,
    trace_id: Callable[[], str | None] | None = None,
) -> App:
    """The application inside of every layer that all surfaces share.

    From the outside in: entrance (name, address, log, counters, answer headers, problems), hosts, CORS, size and time.
    public_url: the address under which browsers know the service; https there turns on HSTS. draining: the process's flag.
    trace_id: answers the id of the present trace, where there are traces.
    """
    layered: App = SizeAndTime(app, settings)
    layered = CrossOrigin(layered, settings)
    if settings.allowed_hosts:
        layered = AllowedHosts(layered, settings.allowed_hosts)
    return Entrance(
        layered,
        settings,
        answer_headers=AnswerHeaders(secure=public_url.startswith("https://")),
        counters=counters,
        logs=logs,
        draining=draining or Draining(),
        trace_id=trace_id,
    )
