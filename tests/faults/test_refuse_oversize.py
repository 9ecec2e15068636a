"""F17: more of everything than anybody needs: refused before it is read, without memory and without a hash."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import orjson
import pytest

from doorward.infra.tools import Tools
from tests.faults import invariants
from tests.faults.invariants import History
from tests.make.application import application_of
from tests.make.people import make_user
from tests.make.processes import Node, Wire, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(600)]

GIB = 1024**3
MIB = 1024**2
MOST_GROWTH = 50 * MIB
JSON_HEAD = b"POST /v1/sign-up HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


async def _pour(wire: Wire, piece: bytes, most: int) -> int:
    """Sends a piece again and again until the other side has enough; how many bytes went out."""
    sent = 0
    try:
        while sent < most:
            await asyncio.wait_for(wire.send(piece), 20)
            sent += len(piece)
            # An answer that waits to be read says that it is enough.
            if wire.reader._buffer:  # type: ignore[attr-defined]
                break
    except ConnectionError:
        pass
    return sent


async def _declared_gigabyte(node: Node, _: int) -> int:
    wire = await Wire.to(node)
    await wire.send(JSON_HEAD + f"Content-Length: {GIB}\r\n\r\n".encode())
    status, _, _ = await wire.answer(within=5)
    wire.close()
    return status


async def _declared_and_poured(node: Node, most: int) -> int:
    wire = await Wire.to(node)
    await wire.send(JSON_HEAD + f"Content-Length: {GIB}\r\n\r\n".encode())
    sent = await _pour(wire, b" " * 65536, most)
    assert sent < 64 * MIB
    return await _status(wire, 413)


async def _chunks_without_end(node: Node, most: int) -> int:
    wire = await Wire.to(node)
    await wire.send(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    sent = await _pour(wire, b"10000\r\n" + b" " * 65536 + b"\r\n", most)
    assert sent < 64 * MIB
    return await _status(wire, 413)


async def _hundred_thousand_headers(node: Node, _: int) -> int:
    wire = await Wire.to(node)
    await wire.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
    lines = b"".join(b"x-%d: y\r\n" % number for number in range(1000))
    await _pour(wire, lines, 100 * len(lines))
    return await _status(wire, 431)


async def _head_without_end(node: Node, _: int) -> int:
    wire = await Wire.to(node)
    await wire.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nx-long: ")
    await _pour(wire, b"y" * 65536, 64 * MIB)
    return await _status(wire, 431)


async def _status(wire: Wire, cut_off: int) -> int:
    """The answer's status; `cut_off` where the network threw it away because we kept on pouring."""
    try:
        status, _, _ = await wire.answer(within=10)
    except (ConnectionError, EOFError):
        return cut_off
    finally:
        wire.close()
    return status


async def _post(node: Node, body: bytes, **headers: str) -> int:
    async with node.client() as client:
        answer = await client.post("/v1/sign-up", content=body, headers={"content-type": "application/json", **headers})
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


async def _megabyte_of_password(node: Node, _: int) -> int:
    return await _post(node, orjson.dumps({"email": "ada@example.com", "password": "p" * 1_000_000}))


async def _ten_thousand_deep(node: Node, _: int) -> int:
    return await _post(node, b'{"email":' * 10_000 + b"1" + b"}" * 10_000)


async def _compressed_gigabyte(node: Node, _: int) -> int:
    bomb = gzip.compress(b" " * (16 * MIB), 9)
    return await _post(node, bomb, **{"content-encoding": "gzip"})


ATTACKS: list[tuple[Callable[[Node, int], Awaitable[int]], set[int]]] = [
    (_declared_gigabyte, {413}),
    (_declared_and_poured, {413}),
    (_chunks_without_end, {413}),
    (_hundred_thousand_headers, {431}),
    (_head_without_end, {431}),
    (_megabyte_of_password, {413, 422}),
    (_ten_thousand_deep, {400}),
    (_compressed_gigabyte, {415}),
]


@pytest.mark.parametrize(("rounds", "most"), [(3, 80 * MIB), pytest.param(50, GIB, marks=pytest.mark.long)])
async def test_oversize_requests_are_refused_without_being_kept(
    own_database_url: str, tmp_path: Path, rounds: int, most: int
) -> None:
    history = History()
    async with nodes(own_database_url, tmp_path) as (node,):
        # What is loaded at the first use of a route is no growth by size.
        for attack, _ in ATTACKS:
            await attack(node, most)
        before = node.memory()
        for _ in range(rounds):
            statuses = await asyncio.gather(*(attack(node, most) for attack, _ in ATTACKS))
            for (attack, allowed), status in zip(ATTACKS, statuses, strict=True):
                assert status in allowed, f"{attack.__name__}: {status}"
            assert node.memory() - before < MOST_GROWTH
        await invariants.hold(own_database_url, [node], history)


async def test_over_long_passwords_are_never_hashed(tools: Tools) -> None:
    await make_user(tools, "ada@example.com")
    transport = httpx2.ASGITransport(app=application_of(tools))
    hashed = tools.hashing.finished
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        for length in (1_025, 100_000, 1_000_000):
            password = "p" * length
            for path, body in (
                ("/v1/sign-up", {"email": "bob@example.com", "password": password}),
                ("/v1/sign-in", {"identifier": "ada@example.com", "password": password}),
            ):
                answer = await client.post(path, json=body)
                assert answer.status_code in {413, 422}, answer.text
    assert tools.hashing.finished == hashed
