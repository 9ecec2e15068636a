"""Traces by OpenTelemetry, from the request over its use cases to statements and outgoing calls. Only where a collector's address is set.

Everything here is wrapped around parts that are whole without it, once, at the start: without a collector nothing of this
is imported, and no request passes through any of it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from doorward import __version__
from doorward.infra.database.driver import Change, Database, Record, Transaction
from doorward.infra.database.statement import Compiled, CompiledRows
from doorward.infra.mailer.mail import Mail, Mailer
from doorward.infra.telemetry.figures import Durations
from doorward.infra.telemetry.settings import TracingSettings
from doorward.infra.telemetry.use_cases import spans_around
from doorward.kernel.problem import Problem

P = ParamSpec("P")
R = TypeVar("R")

# The library reads this one by itself, and then it wins.
_TRACES_VARIABLE: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_PROPAGATOR: Final = TraceContextTextMapPropagator()
_NO_ATTRIBUTES: Final[Mapping[str, str]] = {}


class Tracing:
    """Makes spans and sends them. Sampling and the rest follow the `OTEL_*` variables, as the library reads them."""

    def __init__(self, settings: TracingSettings) -> None:
        endpoint = None if _TRACES_VARIABLE in os.environ else f"{settings.endpoint.rstrip('/')}/v1/traces"
        resource = Resource.create(
            {"service.version": __version__}
            | ({} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": "doorward"})
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer: Tracer = self._provider.get_tracer("doorward", __version__)

    def close(self) -> None:
        """Sends what waits and ends."""
        self._provider.shutdown()

    def request(self, method: str, headers: Mapping[str, str]) -> Any:
        """A span around a request, in the trace that its `traceparent` names if it has one; a context manager."""
        return self._tracer.start_as_current_span(
            method,
            context=_PROPAGATOR.extract(headers),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
            record_exception=False,
            set_status_on_exception=False,
        )

    def around(
        self,
        made: Callable[P, Awaitable[R]],
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, str] = _NO_ATTRIBUTES,
    ) -> Callable[P, Awaitable[R]]:
        """A function with a span around each call."""

        @functools.wraps(made)
        async def traced(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._span(name, kind, attributes) as span:
                try:
                    return await made(*args, **kwargs)
                except BaseException as error:
                    fail(span, error)
                    raise

        return traced

    @contextmanager
    def use_cases(self, domain: ModuleType) -> Iterator[None]:
        """Puts a span around each use case meanwhile. domain: the package of all slices."""

        def wrap(use_case: Any, name: str, whole_name: str) -> Any:
            return self.around(use_case, name, attributes={"code.function.name": whole_name})

        with spans_around(domain, wrap):
            yield

    def outgoing(self, call: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        """A client's `call` with a span around each; it names the server and never the path, which can hold a secret."""

        @functools.wraps(call)
        async def traced(*args: P.args, **kwargs: P.kwargs) -> R:
            method, url = str(args[0]), str(args[1])
            attributes = {"http.request.method": method, "server.address": urlsplit(url).hostname or ""}
            with self._span(method, SpanKind.CLIENT, attributes) as span:
                try:
                    return await call(*args, **kwargs)
                except BaseException as error:
                    fail(span, error)
                    raise

        return traced

    def rate_limit_store(self, take: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        """A store's `take` with a span around each; its key, which holds an address or a user, is not told."""
        return self.around(take, "rate limit", kind=SpanKind.CLIENT, attributes={"db.system.name": "redis"})

    def mailer(self, mailer: Mailer) -> Mailer:
        """A mailer with a span around each message; it tells nothing of the message."""
        return _TracedMailer(self.around(mailer.send, "mail", kind=SpanKind.CLIENT))

    def database(self, database: Database) -> Database:
        """A database with a span around each statement."""
        return _TracedDatabase(self, database)

    async def statement(self, system: str, sql: str, running: Awaitable[R]) -> R:
        """Awaits a statement in a span. sql: with places for values, and no value."""
        verb = sql.split(None, 1)[0]
        with self._span(verb, SpanKind.CLIENT, {"db.system.name": system, "db.query.text": sql}) as span:
            try:
                return await running
            except BaseException as error:
                fail(span, error)
                raise

    def _span(self, name: str, kind: SpanKind, attributes: Mapping[str, str]) -> Any:
        return self._tracer.start_as_current_span(
            name, kind=kind, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
        )


def fail(span: Span, error: BaseException) -> None:
    """Marks a span as failed, by the kind of failure alone: messages can hold values."""
    what = error.code if isinstance(error, Problem) else type(error).__name__
    span.set_attribute("error.type", what)
    span.set_status(Status(StatusCode.ERROR))


def trace_id() -> str | None:
    """The id of the present trace, as 32 hexadecimal digits; None outside of any."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def add_trace_id(logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ARG001 - a structlog processor
    """Says in each log line to which trace it belongs."""
    found = trace_id()
    if found is not None:
        entry.setdefault("trace_id", found)
    return entry


class _TracedMailer:
    """A mailer with a span around each message."""

    def __init__(self, send: Callable[[Mail], Awaitable[None]]) -> None:
        self._send = send

    async def send(self, mail: Mail) -> None:
        await self._send(mail)


def _texts(changes: Sequence[Change]) -> str:
    return "; ".join(statement.sql for statement, _ in changes)


class _TracedTransaction:
    """A transaction with a span around each statement."""

    def __init__(self, tracing: Tracing, system: str, whole: Transaction) -> None:
        self._tracing = tracing
        self._system = system
        self._whole = whole

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        return await self._tracing.statement(self._system, statement.sql, self._whole.first(statement, values))

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        running = self._whole.all(statement, values, thorough=thorough)
        return await self._tracing.statement(self._system, statement.sql, running)

    async def run(self, statement: Compiled, values: list[Any]) -> int:
        return await self._tracing.statement(self._system, statement.sql, self._whole.run(statement, values))

    async def together(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        running = self._whole.together(changes, needed=needed)
        await self._tracing.statement(self._system, _texts(changes), running)

    async def many(self, statement: Compiled, rows: list[list[Any]]) -> None:
        await self._tracing.statement(self._system, statement.sql, self._whole.many(statement, rows))

    async def insert(self, rows: CompiledRows, values: Sequence[tuple[Any, ...]]) -> None:
        await self._tracing.statement(self._system, f"INSERT INTO {rows.table}", self._whole.insert(rows, values))

    async def commit(self) -> None:
        await self._tracing.statement(self._system, "COMMIT", self._whole.commit())

    async def rollback(self) -> None:
        await self._tracing.statement(self._system, "ROLLBACK", self._whole.rollback())


class _TracedDatabase:
    """A database with a span around each statement."""

    def __init__(self, tracing: Tracing, whole: Database) -> None:
        self._tracing = tracing
        self._whole = whole
        self.name = whole.name
        self.most_connections = whole.most_connections

    async def first(self, statement: Compiled, values: list[Any]) -> Record | None:
        return await self._tracing.statement(self.name, statement.sql, self._whole.first(statement, values))

    async def all(self, statement: Compiled, values: list[Any], *, thorough: bool = False) -> Sequence[Record]:
        running = self._whole.all(statement, values, thorough=thorough)
        return await self._tracing.statement(self.name, statement.sql, running)

    async def change(self, statement: Compiled, values: list[Any]) -> Sequence[Record]:
        return await self._tracing.statement(self.name, statement.sql, self._whole.change(statement, values))

    async def at_once(self, changes: Sequence[Change], *, needed: int = 0) -> None:
        await self._tracing.statement(self.name, _texts(changes), self._whole.at_once(changes, needed=needed))

    async def begin(self) -> Transaction:
        whole = await self._tracing.statement(self.name, "BEGIN", self._whole.begin())
        return _TracedTransaction(self._tracing, self.name, whole)

    async def check(self) -> None:
        await self._whole.check()

    def connections(self) -> dict[str, int]:
        return self._whole.connections()

    def waits(self) -> Durations:
        return self._whole.waits()

    async def close(self) -> None:
        await self._whole.close()
