"""What a process tells of itself, put together from the settings: its log, its figures, and where they are set traces and reports.

The libraries for traces and reports are extras, imported only where an address for them is set.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from doorward import domain
from doorward.http.metrics import management_port
from doorward.http.problems import App
from doorward.http.rate_limits import RateLimits
from doorward.infra.database.driver import Database
from doorward.infra.http_client.client import HttpClient, client_of
from doorward.infra.outbox.worker import Handler
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.gauges import Gauges
from doorward.infra.telemetry.logs import set_up
from doorward.infra.telemetry.settings import LogSettings, MetricsSettings, SentrySettings, TracingSettings
from doorward.infra.tools import Tools
from doorward.settings import Settings
from doorward.surfaces.rest.operation import Operation

if TYPE_CHECKING:
    from structlog.typing import Processor

    from doorward.infra.telemetry.reporting import Reporting
    from doorward.infra.telemetry.tracing import Tracing


class Observing:
    """One per process; made before anything that logs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.counters = RequestCounters()
        self.tracing = _tracing(settings.section(TracingSettings))
        self._reporting = _reporting(settings)
        also: list[Processor] = []
        if self.tracing is not None:
            from doorward.infra.telemetry.tracing import add_trace_id  # noqa: PLC0415 - an extra

            also.append(add_trace_id)
        if self._reporting is not None:
            also.append(self._reporting.report)
        self.logs = set_up(settings.section(LogSettings), also=also)

    def database(self, database: Database) -> Database:
        """The database, each statement in a span where there are traces."""
        return database if self.tracing is None else self.tracing.database(database)

    def operations(self, operations: Sequence[Operation]) -> Sequence[Operation]:
        """The operations, each in a span where there are traces."""
        tracing = self.tracing
        if tracing is None:
            return operations
        return [
            dataclasses.replace(each, endpoint=tracing.around(each.endpoint, each.endpoint.__name__))
            for each in operations
        ]

    def handler(self, kind: str, handler: Handler) -> Handler:
        """The handler of a job, in a span where there are traces."""
        return handler if self.tracing is None else self.tracing.around(handler, f"job {kind}")

    def application(self, app: App) -> App:
        """The application, each request in a span where there are traces."""
        if self.tracing is None:
            return app
        from doorward.http.tracing import Traced  # noqa: PLC0415 - an extra

        return Traced(app, self.tracing)

    def trace_id(self) -> Any:
        """The function that answers the id of the present trace; None where there are none."""
        if self.tracing is None:
            return None
        from doorward.infra.telemetry.tracing import trace_id  # noqa: PLC0415 - an extra

        return trace_id

    @asynccontextmanager
    async def following(self, tools: Tools) -> AsyncIterator[None]:
        """Keeps the figures current meanwhile, shows them on a port of their own where one is set; sends the rest at the end."""
        try:
            with self._tracing_of(tools):
                async with self._figures_of(tools):
                    yield
        finally:
            # They wait for the network; the loop may go on meanwhile.
            for each in (self.tracing, self._reporting):
                if each is not None:
                    await asyncio.to_thread(each.close)

    @asynccontextmanager
    async def _figures_of(self, tools: Tools) -> AsyncIterator[None]:
        """Keeps the figures current meanwhile."""
        metrics = self._settings.section(MetricsSettings)
        if metrics.access == "off":
            yield
            return
        gauges = Gauges(tools, self.logs)
        self.counters.watch(gauges.samples, gauges.look)
        async with management_port(metrics, self.counters.exposed, is_production=self._settings.is_production):
            running = asyncio.create_task(self.counters.keep_current(), name="doorward-metrics")
            try:
                yield
            finally:
                running.cancel()
                await asyncio.wait([running])

    @contextmanager
    def _tracing_of(self, tools: Tools) -> Iterator[None]:
        """Puts spans around use cases and outgoing calls meanwhile, where there are traces."""
        tracing = self.tracing
        if tracing is None:
            yield
            return
        tools.held[HttpClient] = _traced_client(tracing, client_of(tools))
        if tools.mailer is not None:
            tools.mailer = tracing.mailer(tools.mailer)
        limits: RateLimits | None = tools.held.get(RateLimits)
        if limits is not None:
            limits.limiter.watch(tracing.rate_limit_store)
        with tracing.use_cases(domain):
            yield


def _tracing(settings: TracingSettings) -> Tracing | None:
    if not settings.endpoint:
        return None
    from doorward.infra.telemetry.tracing import Tracing  # noqa: PLC0415 - an extra

    return Tracing(settings)


def _reporting(settings: Settings) -> Reporting | None:
    sentry = settings.section(SentrySettings)
    if sentry.dsn is None:
        return None
    from doorward.infra.telemetry.reporting import Reporting  # noqa: PLC0415 - an extra

    return Reporting(sentry, mode=settings.root.mode)


def _traced_client(tracing: Tracing, client: HttpClient) -> HttpClient:
    client.call = tracing.outgoing(client.call)  # type: ignore[method-assign,assignment]  # this one client, for this one process
    return client
