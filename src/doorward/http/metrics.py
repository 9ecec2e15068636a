"""Who may see `/metrics`, and the port of its own on which it can stand instead of the public one.

`/livez` stands there too: a worker has no other port, and a platform wants to know whether it still turns.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Final

import structlog

from doorward.http.client_address import read_address
from doorward.http.listening import CannotListen
from doorward.infra.telemetry.counters import CONTENT_TYPE
from doorward.infra.telemetry.settings import MetricsSettings
from doorward.kernel.secret import same

_log = structlog.stdlib.get_logger("doorward.metrics")

_LARGEST_HEAD: Final = 8192
_PATIENCE_SECONDS: Final = 5.0
_LIVE: Final = b'{"status":"ok"}'

Expose = Callable[[], Awaitable[bytes]]


def access_of(settings: MetricsSettings, *, is_production: bool, own_port: bool = False) -> str:
    """What stands between a caller and the figures: `off`, `token`, `address` or `open`.

    own_port: whether it is asked for the port of its own, which only those reach who were let in by the network.
    """
    if settings.access != "auto":
        return settings.access
    if settings.token is not None:
        return "token"
    if own_port:
        return "open"
    return "off" if is_production else "address"


def may_see(settings: MetricsSettings, access: str, *, address: str | None, authorization: str | None) -> bool:
    """Whether a caller may see the figures. access: as `access_of` says. address: the client's, None on a Unix socket."""
    if access == "token" and settings.token is not None:
        return same(authorization or "", f"Bearer {settings.token.get_secret_value()}")
    if access == "address":
        found = None if address is None else read_address(address)
        return found is not None and any(found in ip_network(each, strict=False) for each in settings.addresses)
    return access == "open"


@asynccontextmanager
async def management_port(settings: MetricsSettings, expose: Expose, *, is_production: bool) -> AsyncIterator[None]:
    """Answers `/metrics` and `/livez` on `metrics.port` meanwhile, if that is set. Several processes share the port; any of them answers.

    Raises CannotListen.
    """
    if settings.port is None:
        yield
        return
    access = access_of(settings, is_production=is_production, own_port=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await _answer(settings, access, expose, reader, writer)
        writer.close()

    try:
        server = await asyncio.start_server(
            serve, settings.host, settings.port, limit=_LARGEST_HEAD, reuse_port=True, reuse_address=True
        )
    except OSError as error:
        raise CannotListen(
            f"DOORWARD_METRICS__PORT {settings.port} at {settings.host} cannot be listened on: {error.strerror}."
        ) from None
    where = server.sockets[0].getsockname()
    _log.info("metrics", host=where[0], port=where[1], access=access)
    try:
        yield
    finally:
        server.close()


async def _answer(
    settings: MetricsSettings,
    access: str,
    expose: Expose,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """One request and its answer; the connection ends with it. No more of HTTP than a scraper needs."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, _, rest = first.partition(" ")
    peer = writer.get_extra_info("peername")
    path = rest.partition(" ")[0].partition("?")[0] if method in {"GET", "HEAD"} else ""
    address = peer[0] if peer else None
    kind = CONTENT_TYPE
    if path == "/metrics" and may_see(settings, access, address=address, authorization=headers.get("authorization")):
        status, body = "200 OK", await expose()
    elif path == "/livez":
        status, kind, body = "200 OK", "application/json", _LIVE
    else:
        status, body = "404 Not Found", b""
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
        "cache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    writer.write(head.encode() + (b"" if method == "HEAD" else body))
    await writer.drain()
