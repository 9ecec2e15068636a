"""One point select on the bare driver behind plain ASGI: the limit of any answer that reads one row of this database.

Nothing is checked, logged or counted here. BENCH_DATABASE is a `postgresql://` address or the path of an SQLite file;
the path of a request is the identifier that is looked up.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson

from bench.postgres import connect

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_database = os.environ.get("BENCH_DATABASE", "")
_held: list[Any] = []


async def _open() -> None:
    if _database.startswith("postgresql://"):
        import asyncio

        _held.extend([asyncio.Queue()])
        for _ in range(4):
            connection = await connect(_database)
            _held[0].put_nowait(await connection.prepare("SELECT id, email, name FROM person WHERE id = $1"))
    else:
        _held.append(sqlite3.connect(_database, isolation_level=None))


async def _look_up(identifier: UUID) -> tuple[str, str, str]:
    if _database.startswith("postgresql://"):
        # Four held connections, each with its statement prepared: no pool is cheaper.
        statement = await _held[0].get()
        try:
            row = await statement.fetchrow(identifier)
        finally:
            _held[0].put_nowait(statement)
    else:
        row = _held[0].execute("SELECT id, email, name FROM person WHERE id = ?", (identifier.bytes,)).fetchone()
    return str(identifier), row[1], row[2]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await receive()
        await _open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    path = scope["path"][1:]
    if path == "livez":
        body = b"{}"
    else:
        identifier, email, name = await _look_up(UUID(path))
        body = orjson.dumps({"id": identifier, "email": email, "name": name})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
