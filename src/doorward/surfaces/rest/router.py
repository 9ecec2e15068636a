"""FastAPI with every operation, the pages that show their description, and the routes of other surfaces.

Importing and building it takes longer than everything else at a start together, so it happens beside the first requests
(see `application`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from doorward import __version__
from doorward.http.call import call_of
from doorward.http.framework import install
from doorward.http.metrics import access_of, may_see
from doorward.infra.telemetry.counters import CONTENT_TYPE, RequestCounters
from doorward.infra.telemetry.settings import MetricsSettings
from doorward.infra.tools import Tools
from doorward.kernel.problem import NotFound
from doorward.surfaces.rest import documentation
from doorward.surfaces.rest.meanings import explain
from doorward.surfaces.rest.operation import Operation
from doorward.surfaces.rest.operations import OPERATIONS
from doorward.surfaces.rest.routes import ProblemView, add_operations

_TITLE: Final = "Doorward"
_ABOUT: Final = """User management: accounts, sign-in, sessions, roles and tokens.

Sign in with `POST /v1/sign-in` and send the access token as `Authorization: Bearer …`. Every failure has the form of
RFC 9457 with a stable `code`. Lists answer `items`, `next_cursor` and `has_more`. Writes honor `Idempotency-Key`; things
with an `ETag` honor `If-Match`.
"""


def build_router(
    tools: Tools,
    *,
    counters: RequestCounters,
    is_production: bool,
    more: Sequence[BaseRoute] = (),
    operations: Sequence[Operation] = OPERATIONS,
) -> FastAPI:
    """The router. more: routes of other surfaces. operations: all of them, perhaps with spans around."""
    app = described(tools, operations)
    app.router.routes.append(_description(app))
    app.router.routes.extend(documentation.routes(title=_TITLE))
    app.router.routes.append(_metrics(tools, counters, is_production=is_production))
    app.router.routes.extend(more)
    return app


def described(tools: Tools, operations: Sequence[Operation] = OPERATIONS) -> FastAPI:
    """FastAPI with every operation, which can also describe itself."""
    app = FastAPI(
        title=_TITLE,
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        # Shown by a route of our own, which writes it once and not for each request.
        openapi_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    install(app)
    add_operations(app, tools, operations)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's own way to customize it
    return app


def _description(app: FastAPI) -> Route:
    """`/openapi.json`. Anybody may ask for it, so it may cost nearly nothing."""

    @cache
    def written() -> bytes:
        return orjson.dumps(app.openapi())

    async def description(request: Request) -> Response:
        call_of(request.scope).route = "/openapi.json"
        return Response(written(), media_type="application/json")

    return Route("/openapi.json", description, include_in_schema=False)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        _, definitions = models_json_schema(
            [(ProblemView, "serialization")], ref_template="#/components/schemas/{model}"
        )
        schemas |= definitions["$defs"]
        schemas["Problem"] = schemas.pop("ProblemView")
        # FastAPI adds its own form of validation errors, which nothing here answers with.
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for path in document["paths"].values():
            for operation in path.values():
                if "HTTPValidationError" in str(operation["responses"].get("422")):
                    operation["responses"]["422"] = {
                        "description": "`invalid-input`: some of the input is not valid; `errors` says what.",
                        "content": operation["responses"]["default"]["content"],
                    }
        document["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-doorward_session"},
        }
        document["security"] = [{"token": []}, {"cookie": []}]
        explain(document)
        # Here and not above: whoever never asks for the description need not hold the examples.
        from doorward.surfaces.rest.examples.samples import add_samples  # noqa: PLC0415 - see above

        add_samples(document)
        app.openapi_schema = document
    return app.openapi_schema


def _metrics(tools: Tools, counters: RequestCounters, *, is_production: bool) -> Route:
    """`/metrics` for Prometheus. Whoever may not see it finds nothing there."""

    async def metrics(request: Request) -> Response:
        settings = tools.section(MetricsSettings)
        call = call_of(request.scope)
        access = access_of(settings, is_production=is_production)
        asked_for = call.header(b"authorization")
        if settings.port is not None or not may_see(settings, access, address=call.address, authorization=asked_for):
            raise NotFound
        return Response(await counters.exposed(), media_type=CONTENT_TYPE, headers={"cache-control": "no-store"})

    return Route("/metrics", metrics, include_in_schema=False)
