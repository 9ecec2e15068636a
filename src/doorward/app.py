"""The composition root: settings become tools, features are wired to them, and one ASGI application comes out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final

import structlog

from doorward.domain.access.settings import TokensSettings
from doorward.domain.keys.ring import KeyRing
from doorward.domain.messages.links import Issuer
from doorward.domain.methods.method import Methods
from doorward.domain.one_time.links import Links
from doorward.domain.roles.manage import KnownPermissions
from doorward.domain.sessions.device import device_name
from doorward.domain.setup.ensure import ensure
from doorward.features import FEATURES
from doorward.http.draining import Draining
from doorward.http.listening import CannotListen
from doorward.http.problems import App, Receive, Scope, Send
from doorward.http.rate_limits import RateLimits
from doorward.http.settings import HttpSettings
from doorward.http.stack import wrap
from doorward.infra.breach.read import BreachedPasswords
from doorward.infra.crypto.hashing import HashingPool, HashingSettings, PasswordHasher
from doorward.infra.crypto.sealing import Sealer
from doorward.infra.crypto.tokens import Stamper
from doorward.infra.database import migrate
from doorward.infra.database.base import metadata
from doorward.infra.database.connect import open_database
from doorward.infra.database.driver import Database
from doorward.infra.database.replica import Replica
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.http_client.client import HttpClient
from doorward.infra.mailer.choose import build_mailer
from doorward.infra.mailer.settings import MailSettings
from doorward.infra.outbox.settings import WorkerSettings
from doorward.infra.outbox.worker import Schedule, Worker
from doorward.infra.tools import Tools
from doorward.kernel.clock import Clock
from doorward.kernel.permission import EVERYTHING, Permission
from doorward.observing import Observing
from doorward.places import breach_file, database_url, sealing_secrets
from doorward.settings import Settings, SettingsError, read_settings
from doorward.surfaces.rest.application import Deferred, rest_application
from doorward.surfaces.rest.operations import OPERATIONS

_log = structlog.stdlib.get_logger("doorward")

_ROUTER_AFTER_SECONDS: Final = 0.2
_WILDCARD: Final = Permission(EVERYTHING, "Everything.")


def build_tools(
    database: Database, secrets: Sequence[bytes], sections: Mapping[type, Any], *, clock: Clock | None = None
) -> Tools:
    """The parts of a Doorward around a database, with every feature wired in. secrets: newest first."""
    sealer = Sealer(secrets)
    hashing_settings = sections[HashingSettings]
    tools = Tools(
        database=database,
        clock=clock or Clock(),
        hashing=HashingPool(hashing_settings, PasswordHasher(hashing_settings)),
        sealer=sealer,
        stamper=Stamper(sealer),
        sections=sections,
        mailer=build_mailer(sections[MailSettings]),
    )
    tools.reactions = {
        type_: [feature.reactions[type_] for feature in FEATURES if type_ in feature.reactions]
        for feature in FEATURES
        for type_ in feature.reactions
    }
    tools.hold(Links).all = tuple(link for feature in FEATURES for link in feature.links)
    tools.hold(Issuer).url = sections[TokensSettings].issuer
    permissions = [permission for feature in FEATURES for permission in feature.permissions]
    tools.hold(KnownPermissions).by_name = {each.name: each for each in (*permissions, _WILDCARD)}
    tools.figures.expect(event for feature in FEATURES for event in feature.events)
    ring = tools.hold(KeyRing)
    tools.figures.caches |= {"signing_keys": lambda: ring, "user_agents": device_name.cache_info}
    tools.hold(Methods).all = tuple(feature.method for feature in FEATURES if feature.method is not None)
    return tools


async def prepare(tools: Tools) -> None:
    """Puts in place what every installation has: built-in roles, a signing key, the configured administrator."""
    await ensure(tools)


def make_worker(tools: Tools, observing: Observing | None = None) -> Worker:
    """The worker of one process, with every job of every feature. observing: of the process, for traces of jobs."""
    handlers = {kind: handler for feature in FEATURES for kind, handler in feature.jobs.items()}
    if observing is not None:
        handlers = {kind: observing.handler(kind, handler) for kind, handler in handlers.items()}
    worker = Worker(
        tools,
        handlers,
        [Schedule(name, every) for feature in FEATURES for name, every in feature.recurring.items()],
        poll_seconds=tools.section(WorkerSettings).poll_seconds,
    )
    tools.wake_worker = worker.wake
    return worker


@asynccontextmanager
async def opened(settings: Settings, observing: Observing | None = None) -> AsyncIterator[Tools]:
    """Tools on the configured database, for a command or a server process. Raises SettingsError when the schema is behind.

    observing: of the process, for traces of statements.
    """
    database = open_database(database_url(settings), settings.section(DatabaseSettings), metadata)
    try:
        await refuse_other_schema(database)
        seen = database if observing is None else observing.database(database)
        tools = build_tools(seen, sealing_secrets(settings), settings.sections)
        replica = open_replica(settings)
        if replica is not None:
            read = replica if observing is None else observing.database(replica)
            tools.replica = Replica(seen, read, lag_seconds=settings.section(DatabaseSettings).replica_lag_seconds)
        tools.hold(BreachedPasswords).path = breach_file(settings)
        try:
            yield tools
        finally:
            tools.hashing.close()
            limits: RateLimits | None = tools.held.get(RateLimits)
            if limits is not None:
                await limits.limiter.close()
            client: HttpClient | None = tools.held.get(HttpClient)
            if client is not None:
                await client.close()
            if replica is not None:
                await replica.close()
    finally:
        await database.close()


def open_replica(settings: Settings) -> Database | None:
    """The read replica that the settings name, not yet connected."""
    of_database = settings.section(DatabaseSettings)
    return open_database(of_database.replica_url, of_database, metadata) if of_database.replica_url else None


async def refuse_other_schema(database: Database) -> None:
    """Raises SettingsError unless the schema is the one this version works with, or a newer one of the next version."""
    revision = await migrate.current(database)
    if revision is None:
        raise SettingsError(["The database is empty. Run `doorward migrate` first."])
    if revision < migrate.newest():
        raise SettingsError(
            [
                f"The database is at revision {revision} and this version needs {migrate.newest()}. Run `doorward migrate`."
            ]
        )


class Application:
    """The ASGI application of one server process: opens its tools at the start of the lifespan and closes them at its end."""

    def __init__(self, settings: Settings, draining: Draining) -> None:
        self._settings = settings
        self._draining = draining
        self._observing = Observing(settings)
        self._app: App | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers one request, or runs the lifespan."""
        if scope["type"] == "lifespan":
            return self._lifespan(receive, send)
        if self._app is None:
            raise RuntimeError("a request before the lifespan began")
        return self._app(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            async with self._running():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except (SettingsError, CannotListen) as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        observing = self._observing
        async with opened(self._settings, observing) as tools:
            tools.held[Draining] = self._draining
            router = Deferred(partial(_router, tools, observing, is_production=self._settings.is_production))
            inner = rest_application(tools, router, operations=observing.operations(OPERATIONS))
            # Not at once: whoever waits for this process to be ready is answered first.
            asyncio.get_running_loop().call_later(_ROUTER_AFTER_SECONDS, router.begin)
            whole = wrap(
                inner,
                self._settings.section(HttpSettings),
                public_url=self._settings.section(TokensSettings).issuer,
                counters=observing.counters,
                logs=observing.logs,
                draining=self._draining,
                trace_id=observing.trace_id(),
            )
            self._app = observing.application(whole)
            async with observing.following(tools), working(self._settings, tools, observing):
                yield


@asynccontextmanager
async def working(settings: Settings, tools: Tools, observing: Observing) -> AsyncIterator[None]:
    """Runs jobs meanwhile, where `serve` does that."""
    if not settings.section(WorkerSettings).inside_serve:
        yield
        return
    worker = make_worker(tools, observing)
    running = asyncio.create_task(worker.run(), name="doorward-worker")
    try:
        yield
    finally:
        worker.stop()
        await finish(running)


def _router(tools: Tools, observing: Observing, *, is_production: bool) -> App:
    """Everything that is not in the fast lane. Imported only here: FastAPI alone takes a third of a start."""
    from doorward.surfaces.rest.router import build_router  # noqa: PLC0415 - see above
    from doorward.surfaces.web.setup import routes  # noqa: PLC0415 - see above

    router = build_router(
        tools,
        counters=observing.counters,
        is_production=is_production,
        more=routes(tools),
        operations=observing.operations(OPERATIONS),
    )
    # It stays for good; without this, every full collection walks over all of it again.
    gc.collect()
    gc.freeze()
    return router


async def finish(running: asyncio.Task[None], *, within: timedelta = timedelta(seconds=20)) -> None:
    """Waits for the jobs in hand; what takes longer is left to its lease, and another worker does it again."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(running, within.total_seconds())


def create(draining: Draining | None = None) -> App:
    """The application of a server process, from the environment."""
    return Application(read_settings(), draining or Draining())
