"""Calls to other servers stay within their limits and away from private networks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest

from doorward.infra.http_client.client import CallFailed, HttpClient
from doorward.infra.http_client.network import PublicNetwork
from doorward.infra.http_client.settings import HttpClientSettings

pytestmark = pytest.mark.integration
LOCAL = ("127.0.0.0/8",)


@asynccontextmanager
async def answering(*parts: bytes, pause: float = 0) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def opened(**settings: object) -> AsyncIterator[HttpClient]:
    client = HttpClient(HttpClientSettings(**({"allowed_networks": LOCAL} | settings)))  # type: ignore[arg-type]
    yield client
    await client.close()


OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


async def test_brings_status_and_body() -> None:
    async with answering(OK, b"hel", b"lo") as url, opened() as client:
        answer = await client.call("GET", url)
    assert (answer.status, answer.body) == (200, b"hello")


@pytest.mark.parametrize(
    ("parts", "pause", "why"),
    [
        ((OK, b"x" * 3000), 0, "too large"),
        ((b"HTTP/1.1 307 Go\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",), 0, "redirect"),
        # Each part in time, the whole too late: what a tarpit does.
        ((OK, *(b"x" for _ in range(50))), 0.05, "Timeout"),
        ((b"nonsense\r\n\r\n",), 0, "Protocol"),
    ],
)
async def test_gives_up_on_what_is_too_large_too_slow_or_leads_elsewhere(
    parts: tuple[bytes, ...], pause: float, why: str
) -> None:
    async with answering(*parts, pause=pause) as url, opened(max_answer_bytes=2000, timeout_seconds=0.4) as client:
        with pytest.raises(CallFailed, match=why):
            await client.call("GET", url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "0x7f000001", "127.1"])
async def test_refuses_private_addresses_however_they_are_written(host: str) -> None:
    async with answering(OK) as url, opened(allowed_networks=()) as client:
        port = url.rpartition(":")[2]
        with pytest.raises(CallFailed):
            await client.call("GET", f"http://{host}:{port}/")


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("9.9.9.9", True),
        ("2620:fe::fe", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:9.9.9.9", True),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::9.9.9.9", True),
    ],
)
def test_knows_public_from_private(address: str, may: bool) -> None:  # noqa: FBT001 - one of two columns
    assert PublicNetwork(()).may_reach(ip_address(address)) is may


def test_what_the_operator_allows_may_be_reached() -> None:
    assert PublicNetwork(("10.1.0.0/16",)).may_reach(ip_address("10.1.2.3"))
    assert not PublicNetwork(("10.1.0.0/16",)).may_reach(ip_address("10.2.2.3"))
