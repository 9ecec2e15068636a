"""Whether this process lives, whether it is ready to serve, and what it is."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from doorward import __version__
from doorward.http.draining import Draining
from doorward.http.rate_limits import RateLimits
from doorward.infra.database import migrate
from doorward.infra.database.problems import DatabaseUnavailable
from doorward.infra.tools import Tools
from doorward.kernel.problem import Problem
from doorward.surfaces.rest.asked import Asked, Reply, reply
from doorward.surfaces.rest.operation import Operations

_PATIENCE_SECONDS: Final = 2.0

operations: Final = Operations("Health")


class LiveView(TypedDict):
    """That the process answers."""

    status: str


class ReadyView(TypedDict):
    """Whether the process can serve, and each thing it needs for that."""

    status: Annotated[str, Field(description="`ready` or `not-ready`.")]
    checks: Annotated[
        dict[str, str],
        Field(
            description="By part: `ok`, or what is the matter. `rate_limits` (while they are shared) and "
            "`replica` (where there is one) tell only: the process serves without them."
        ),
    ]


class VersionView(TypedDict):
    """What this is."""

    name: str
    version: str
    schema: str
    database: str


@operations.add("GET", "/livez", answer=LiveView, public=True, hot=True, limit=None)
async def live(asked: Asked) -> Reply:  # noqa: ARG001 - that it answers at all is the answer
    """Whether the process lives. It asks nothing else, so that an outage elsewhere restarts nothing here."""
    return reply({"status": "ok"})


async def _ready(asked: Asked) -> Reply:
    tools: Tools = asked.tools
    checks: dict[str, str] = {}
    try:
        # Whoever asks has little patience, and a database that takes this long is not there.
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await tools.database.check()
        checks["database"] = "ok"
    except TimeoutError:
        checks["database"] = DatabaseUnavailable.code
    except Problem as problem:
        checks["database"] = problem.code
    checks["draining"] = "in progress" if tools.hold(Draining).begun else "ok"
    is_ready = set(checks.values()) == {"ok"}
    # What it can do without for a while. If each process that misses it went out of service, all would at once.
    limits: RateLimits | None = tools.held.get(RateLimits)
    if limits is not None and limits.limiter.shares:
        checks["rate_limits"] = "counted-alone" if limits.limiter.is_away else "ok"
    if tools.replica is not None:
        await tools.replica.look()
        checks["replica"] = tools.replica.state
    document = {"status": "ready" if is_ready else "not-ready", "checks": checks}
    return reply(document, status=200 if is_ready else 503, headers=() if is_ready else (("retry-after", "5"),))


@operations.add("GET", "/readyz", answer=ReadyView, public=True, hot=True, limit=None)
async def ready(asked: Asked) -> Reply:
    """Whether the process can serve: 503 while a part it needs is away, or while it is on its way out."""
    return await _ready(asked)


@operations.add("GET", "/healthz", answer=ReadyView, public=True, hot=True, limit=None)
async def health(asked: Asked) -> Reply:
    """The same as `/readyz`."""
    return await _ready(asked)


@operations.add("GET", "/version", answer=VersionView, public=True, hot=True, limit=None)
async def version(asked: Asked) -> Reply:
    """What this is."""
    return reply(
        {
            "name": "doorward",
            "version": __version__,
            "schema": migrate.newest(),
            "database": asked.tools.database.name,
        }
    )
