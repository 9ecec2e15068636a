"""What requests cost, for Prometheus: how many, how long, how many at once, and the process's own figures.

The children that a request touches are looked up once and kept: `labels()` costs more than the counting itself. Labels
are the route's template, never the path, so their number is bounded by the number of routes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# Several server processes write into files of one folder, and whichever is asked adds them up.
FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MAX_CHILDREN: Final = 10_000


class RequestCounters:
    """The counters of one process. in_flight: requests being answered at this moment; the entrance counts it up and down."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = 0
        self._total = Counter(
            "doorward_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "doorward_http_request_duration_seconds",
            "Time from a request's arrival until its answer was sent.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._children: dict[tuple[str, str | None, int], tuple[Counter, Histogram]] = {}
        self.registry.register(_InFlight(self))
        ProcessCollector(registry=self.registry)

    def count(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """One request was answered. route: the template, None when no route matched."""
        key = (method, route, status)
        pair = self._children.get(key)
        if pair is None:
            pair = self._add(key)
        pair[0].inc()
        pair[1].observe(seconds)

    def _add(self, key: tuple[str, str | None, int]) -> tuple[Counter, Histogram]:
        method, route, status = key
        # Callers may invent methods; labels may not grow with what callers invent.
        method = method if method in _METHODS else "other"
        template = route or "unmatched"
        pair = (self._total.labels(method, template, str(status)), self._seconds.labels(method, template))
        if len(self._children) < _MAX_CHILDREN:
            self._children[key] = pair
        return pair

    def render(self) -> bytes:
        """Every figure in Prometheus' text format; with several server processes, their sum."""
        if FOLDER_VARIABLE in os.environ:
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]
            together.register(_InFlight(self))
            return generate_latest(together)
        return generate_latest(self.registry)


def forget_process(process_id: int) -> None:
    """Drops the momentary figures of a server process that has ended; what it counted stays in the sums."""
    if FOLDER_VARIABLE in os.environ:
        mark_process_dead(process_id)  # type: ignore[no-untyped-call]


class _InFlight(Collector):
    """The momentary number of requests, read when asked instead of written twice per request."""

    def __init__(self, counters: RequestCounters) -> None:
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "doorward_http_requests_in_flight", "Requests being answered.", value=self._counters.in_flight
        )
