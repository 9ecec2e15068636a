"""The application around tools, as a server process would compose it."""

from __future__ import annotations

from doorward.domain.access.settings import TokensSettings
from doorward.http.draining import Draining
from doorward.http.problems import App
from doorward.http.settings import HttpSettings
from doorward.http.stack import wrap
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.logs import Logs, set_up
from doorward.infra.telemetry.settings import LogSettings
from doorward.infra.tools import Tools
from doorward.surfaces.rest.application import Deferred, rest_application
from doorward.surfaces.rest.router import build_router
from doorward.surfaces.web.setup import routes


def application_of(tools: Tools, *, fast_lane: bool = True, logs: Logs | None = None) -> App:
    """The whole application. fast_lane: off to answer by the router alone. logs: where to, warnings to standard output unless given."""
    counters = RequestCounters()
    draining = Draining()
    tools.held[Draining] = draining
    # Built here and not in a thread: FastAPI silences warnings while it builds, which two threads at once undo.
    built = build_router(tools, counters=counters, is_production=False, more=routes(tools))
    router = Deferred(lambda: built)
    inner = rest_application(tools, router, fast_lane=fast_lane)
    return wrap(
        inner,
        tools.section(HttpSettings),
        public_url=tools.section(TokensSettings).issuer,
        counters=counters,
        logs=logs or set_up(LogSettings(level="WARNING", format="json")),
        draining=draining,
    )
