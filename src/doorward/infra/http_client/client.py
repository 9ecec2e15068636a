"""Sends one request to another server and reads its answer, within the limits of the settings."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.infra.http_client.settings import HttpClientSettings

if TYPE_CHECKING:
    from doorward.infra.tools import Tools


class CallFailed(Exception):  # noqa: N818 - a fact that callers answer in their own way
    """The other server could not be asked, or what it said is not taken: too late, too large, or by a redirect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other server answered, in full."""

    status: int
    body: bytes


class HttpClient:
    """The client of one process. url of `call`: only from settings, never from a request, unless the caller has checked it."""

    def __init__(self, settings: HttpClientSettings, *, verify: ssl.SSLContext | None = None) -> None:
        # Most installations never call anybody, and these cost a tenth of a second and some memory.
        import httpcore2  # noqa: PLC0415 - see above
        import httpx2  # noqa: PLC0415 - see above

        from doorward.infra.http_client.network import PublicNetwork  # noqa: PLC0415 - see above

        self._failures = (
            httpcore2.NetworkError,
            httpcore2.TimeoutException,
            httpcore2.ProtocolError,
            httpcore2.UnsupportedProtocol,
            OSError,
            TimeoutError,
        )
        self._new_request = httpx2.Request
        self._settings = settings
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=verify or httpx2.create_ssl_context(trust_env=False),
            max_connections=20,
            network_backend=PublicNetwork(settings.allowed_networks),
        )

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> Answer:
        """Sends a request. form: sent as `application/x-www-form-urlencoded`. Raises CallFailed."""
        request = self._new_request(method, url, headers=dict(headers or {}), data=dict(form) if form else None)
        limit = self._settings.timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            async with (
                asyncio.timeout(limit),
                self._pool.stream(
                    method, str(request.url), headers=request.headers.raw, content=request.read() or None
                ) as answer,
            ):
                body = bytearray()
                async for part in answer.aiter_stream():
                    body += part
                    if len(body) > self._settings.max_answer_bytes:
                        raise CallFailed("the answer is too large")
        except self._failures as error:
            raise CallFailed(type(error).__name__) from None
        if 300 <= answer.status < 400:
            raise CallFailed("the answer is a redirect")
        return Answer(answer.status, bytes(body))

    async def close(self) -> None:
        """Closes its connections."""
        await self._pool.aclose()


def client_of(tools: Tools) -> HttpClient:
    """The client of this process, made at the first use."""
    client = tools.held.get(HttpClient)
    if client is None:
        client = tools.held[HttpClient] = HttpClient(tools.section(HttpClientSettings))
    made: HttpClient = client
    return made
