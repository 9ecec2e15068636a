"""What the process shows Prometheus: requests as they are counted, and everything else read where it is kept.

A request adds to plain numbers. They are carried over into Prometheus' objects once a second and when somebody asks: with
several server processes those are shared files, which are dearer to write. Labels are the route's template, never the
path, so their number is bounded by the number of routes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from doorward.infra.telemetry import metrics
from doorward.infra.telemetry.figures import Durations, Lookups
from doorward.infra.telemetry.metrics import MEASURES, Measure

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# Several server processes write into files of one folder, and whichever is asked adds them up.
FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MAX_CHILDREN: Final = 10_000
_TICK_SECONDS: Final = 1.0
_TICKS_BETWEEN_LOOKS: Final = 15

Labels = tuple[str, ...]


class Sample(NamedTuple):
    """One value of a metric at this moment: a counter's sum, a gauge's value, or a histogram's durations."""

    of: Measure
    labels: Labels
    value: float | Durations


Source = Callable[[], Iterable[Sample]]
Look = Callable[[], Awaitable[None]]


class RequestCounters:
    """The counters of one process. in_flight: requests being answered at this moment; the entrance counts it up and down."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = 0
        self._requests: dict[tuple[str, str | None, int], Durations] = {}
        self._problems: dict[str, int] = {}
        self._lag = 0.0
        self._sources: list[Source] = [self._own]
        self._looks: list[Look] = []
        self._made = {each.name: _make(each, self.registry) for each in MEASURES}
        self._carried: dict[tuple[str, Labels], Any] = {}
        self._process = ProcessCollector(registry=None)

    def count(self, method: str, route: str | None, status: int, seconds: float, problem: str | None = None) -> None:
        """One request was answered. route: the template, None when no route matched. problem: the code of what went wrong."""
        durations = self._requests.get((method, route, status))
        if durations is None:
            durations = self._add(method, route, status)
        durations.observe(seconds)
        if problem is not None:
            self._problems[problem] = self._problems.get(problem, 0) + 1

    def _add(self, method: str, route: str | None, status: int) -> Durations:
        # Callers may invent methods; labels may not grow with what callers invent.
        known = method if method in _METHODS else "other"
        return self._requests.setdefault((known, route, status), Durations())

    def watch(self, source: Source, look: Look | None = None) -> None:
        """Shows what a source says whenever somebody asks. look: what the source awaits before, every fifteen seconds."""
        self._sources.append(source)
        if look is not None:
            self._looks.append(look)

    async def look(self) -> None:
        """Lets the sources ask what takes waiting, such as how many jobs the database holds."""
        for look in self._looks:
            await look()

    async def keep_current(self) -> None:
        """Carries the figures over until it is cancelled, and a last time then: other processes show them too."""
        loop = asyncio.get_running_loop()
        ticks = 0
        try:
            while True:
                if ticks % _TICKS_BETWEEN_LOOKS == 0:
                    await self.look()
                ticks += 1
                due = loop.time() + _TICK_SECONDS
                await asyncio.sleep(_TICK_SECONDS)
                self._lag = max(0.0, loop.time() - due)
                self.carry()
        finally:
            self.carry()

    def carry(self) -> None:
        """Carries the figures over into what Prometheus is shown."""
        for source in self._sources:
            for sample in source():
                self._take(sample)

    def _take(self, sample: Sample) -> None:
        measure, labels, value = sample
        metric = self._made[measure.name]
        child = metric.labels(*labels) if labels else metric
        if measure.kind == "gauge":
            child.set(value)
            return
        key = (measure.name, labels)
        if isinstance(value, Durations):
            counts, seconds = list(value.counts), value.seconds
            old_counts, old_seconds = self._carried.get(key) or ([0] * len(counts), 0.0)
            # Prometheus' object takes one observation after another; thousands at once go straight into its buckets.
            for bucket, count, old in zip(child._buckets, counts, old_counts, strict=True):  # noqa: SLF001 - see above
                if count != old:
                    bucket.inc(count - old)
            child._sum.inc(seconds - old_seconds)  # noqa: SLF001 - see above
            self._carried[key] = counts, seconds
            return
        # One that begins anew, as a cache that was emptied does, has counted everything since.
        carried = self._carried.get(key, 0.0)
        child.inc(value - carried if value >= carried else value)
        self._carried[key] = value

    def _own(self) -> Iterable[Sample]:
        yield Sample(metrics.IN_FLIGHT, (), self.in_flight)
        yield Sample(metrics.LOOP_LAG, (), self._lag)
        yield from self._requests_by_class()
        for code, number in self._problems.items():
            yield Sample(metrics.PROBLEMS, (code,), number)
        for family in self._process.collect():
            for each in family.samples:
                if each.name in self._made:
                    yield Sample(_BY_NAME[each.name], (), each.value)

    def _requests_by_class(self) -> Iterable[Sample]:
        by_class: dict[Labels, Durations] = {}
        for (method, route, status), durations in list(self._requests.items()):
            template = route or "unmatched"
            yield Sample(metrics.REQUESTS, (method, template, str(status)), durations.number)
            together = by_class.setdefault((method, template, f"{status // 100}xx"), Durations())
            together.seconds += durations.seconds
            together.counts = [one + other for one, other in zip(together.counts, durations.counts, strict=True)]
        for labels, together in by_class.items():
            yield Sample(metrics.REQUEST_SECONDS, labels, together)

    def render(self) -> bytes:
        """Every figure in Prometheus' text format; with several server processes, their sum."""
        self.carry()
        return self._text()

    async def exposed(self) -> bytes:
        """The same, with the text made beside the event loop."""
        self.carry()
        return await asyncio.to_thread(self._text)

    def _text(self) -> bytes:
        if FOLDER_VARIABLE in os.environ:
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]
            return generate_latest(together)
        return generate_latest(self.registry)


_BY_NAME: Final = {each.name: each for each in MEASURES}


def lookups(cache: str, found: Lookups) -> Iterable[Sample]:
    """What one cache tells of itself. cache: its name, one of a few that the code knows."""
    yield Sample(metrics.CACHE_LOOKUPS, (cache, "hit"), found.hits)
    yield Sample(metrics.CACHE_LOOKUPS, (cache, "miss"), found.misses)


def _make(measure: Measure, registry: CollectorRegistry) -> Any:
    if measure.kind == "counter":
        return Counter(measure.name, measure.about, measure.labels, registry=registry)
    if measure.kind == "histogram":
        return Histogram(measure.name, measure.about, measure.labels, buckets=measure.bounds, registry=registry)
    return Gauge(measure.name, measure.about, measure.labels, multiprocess_mode=measure.together, registry=registry)


def forget_process(process_id: int) -> None:
    """Drops the momentary figures of a server process that has ended; what it counted stays in the sums."""
    if FOLDER_VARIABLE in os.environ:
        mark_process_dead(process_id)  # type: ignore[no-untyped-call]
