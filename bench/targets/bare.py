"""One point select on the bare driver behind plain ASGI: the limit of any answer that reads one row of this database.

Nothing is checked, logged or counted here. BENCH_DATABASE is a `postgresql://` address or the path of an SQLite file;
the path of a request is the identifier that is looked up.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import orjson

from bench.postgres import connect

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
LookUp = Callable[[UUID], Awaitable[tuple[str, str]]]
_held: list[LookUp] = []


async def _on_postgres(address: str) -> LookUp:
    # Four held connections, each with its statement prepared: no pool is cheaper.
    idle: asyncio.Queue[Any] = asyncio.Queue()
    for _ in range(4):
        connection = await connect(address)
        idle.put_nowait(await connection.prepare("SELECT email, name FROM person WHERE id = $1"))

    async def look_up(identifier: UUID) -> tuple[str, str]:
        statement = await idle.get()
        try:
            row = await statement.fetchrow(identifier)
        finally:
            idle.put_nowait(statement)
        return row[0], row[1]

    return look_up


def _on_sqlite(path: str) -> LookUp:
    connection = sqlite3.connect(path, isolation_level=None)

    async def look_up(identifier: UUID) -> tuple[str, str]:
        row = connection.execute("SELECT email, name FROM person WHERE id = ?", (identifier.bytes,)).fetchone()
        return row[0], row[1]

    return look_up


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await receive()
        database = os.environ["BENCH_DATABASE"]
        _held.append(await _on_postgres(database) if database.startswith("postgresql://") else _on_sqlite(database))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    path = scope["path"][1:]
    if path == "livez":
        body = b"{}"
    else:
        email, name = await _held[0](UUID(path))
        body = orjson.dumps({"id": path, "email": email, "name": name})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
