"""Doorward as it is, and with one choice taken back: factories of ASGI applications, for uvicorn's `--factory`.

The differences are made from outside, so that the product has no switch for being slow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.middleware.base import BaseHTTPMiddleware

from doorward import app as composition
from doorward.domain.access import authenticate
from doorward.domain.access.settings import TokensSettings
from doorward.http.draining import Draining
from doorward.infra.database.connect import driver_url
from doorward.infra.database.postgres import PostgresDatabase
from doorward.infra.database.unit_of_work import Db
from doorward.places import database_url
from doorward.settings import read_settings
from doorward.surfaces.rest import application


def as_it_is() -> Any:
    """Nothing is taken back."""
    return composition.create(Draining())


def no_fast_lane() -> Any:
    """FastAPI's router finds every operation."""
    composition.rest_application = partial(application.rest_application, fast_lane=False)
    return as_it_is()


def stock_pool() -> Any:
    """Asyncpg's own pool, which resets each connection as it comes back."""
    held: list[Any] = []

    async def first(_self: PostgresDatabase, statement: Any, values: list[Any]) -> Any:
        if not held:
            held.append(await asyncpg.create_pool(driver_url(_address()), min_size=1, max_size=10))
        return await held[0].fetchrow(statement.sql, *values)

    PostgresDatabase.first = first  # type: ignore[method-assign]
    return as_it_is()


def sqlalchemy_engine() -> Any:
    """Single rows come through SQLAlchemy's engine instead of from the driver."""
    held: list[AsyncEngine] = []
    on_the_driver = Db.first

    async def first(self: Db, query: Any, /, **values: Any) -> Any:
        if self.transaction is not None or query.on(self.dialect).writes:
            return await on_the_driver(self, query, **values)
        if not held:
            held.append(
                create_async_engine("postgresql+asyncpg:" + driver_url(_address()).partition(":")[2], pool_size=10)
            )
        async with held[0].connect() as connection:
            found = (await connection.execute(query._statement, values)).first()
        return None if found is None else query.row(*found)

    Db.first = first  # type: ignore[method-assign]
    return as_it_is()


def library_verification() -> Any:
    """Tokens are verified by joserfc instead of by our own short path."""
    keys: dict[str, ECKey] = {}

    def verified(tx: Any, ring: Any, token: str) -> dict[str, Any]:
        if not keys:
            keys.update({jwk["kid"]: ECKey.import_key(jwk) for jwk in ring.published(tx.now)})
        settings = tx.section(TokensSettings)
        (key,) = keys.values()
        decoded = jwt.decode(token, key, algorithms=["ES256"])
        registry = jwt.JWTClaimsRegistry(
            now=int(tx.now.timestamp()),
            leeway=5,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.audience},
            exp={"essential": True},
            sid={"essential": True},
        )
        registry.validate(decoded.claims)
        return decoded.claims

    authenticate._verified = verified
    return as_it_is()


class _PassOn(BaseHTTPMiddleware):
    async def dispatch(self, request: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        return await call_next(request)


def base_http_middleware() -> Any:
    """Four layers of the kind of middleware that tutorials show, each doing nothing."""
    layered: Any = as_it_is()
    for _ in range(4):
        layered = _PassOn(layered)
    return layered


def _address() -> str:
    return database_url(read_settings())
