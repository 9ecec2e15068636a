"""A small balancer in front of several nodes: each request to the next one that says it is ready, as an ingress does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx2

from tests.make.processes import Node

_LOOK_SECONDS: Final = 0.1
# The header of the answer to a request that was under way at a node when that died; only those may fail.
LOST: Final = "x-lost-at"


class Balancer:
    """Round robin over the nodes that are ready. answered: by node, how many requests it answered."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = list(nodes)
        self._ready: list[Node] = []
        self._turn = 0
        self.answered = dict.fromkeys(nodes, 0)
        self.port = 0
        self._serving: set[asyncio.Task[None]] = set()
        # Each answer in a connection of its own: a kept one may end while it is idle, and nobody was asked anything then.
        self._upstream = httpx2.AsyncClient(
            timeout=40,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def look(self) -> None:
        """Asks every node, over and over, whether it is ready."""
        while True:
            self._ready = [node for node in self._nodes if await self._is_ready(node)]
            await asyncio.sleep(_LOOK_SECONDS)

    async def _is_ready(self, node: Node) -> bool:
        try:
            return (await self._upstream.get(f"{node.url}/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    def sees(self) -> int:
        """How many nodes it takes for ready."""
        return len(self._ready)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
                    headers = [tuple(line.split(": ", 1)) for line in lines]
                    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
                    body = await reader.readexactly(length)
                    method, path, _ = first.split(" ")
                    answer = await self._answer(method, path, headers, body)
                    writer.write(answer)
                    await writer.drain()
        finally:
            self._serving.discard(task)
            writer.close()

    async def _answer(self, method: str, path: str, headers: list[tuple[str, ...]], body: bytes) -> bytes:
        passed = [(name, value) for name, value in headers if name.lower() not in {"connection", "content-length"}]
        for _ in range(len(self._nodes) + 1):
            if not self._ready:
                break
            self._turn += 1
            node = self._ready[self._turn % len(self._ready)]
            try:
                answer = await self._upstream.request(
                    method, f"{node.url}{path}", headers=[(name, value) for name, value in passed], content=body
                )
            except httpx2.ConnectError:
                # It never had the request, so the next may.
                self._ready = [each for each in self._ready if each is not node]
                continue
            except httpx2.TransportError:
                # It may have done what was asked; asking another for the same is the client's to decide.
                return f"HTTP/1.1 502 Bad Gateway\r\n{LOST}: {node.port}\r\nContent-Length: 0\r\n\r\n".encode()
            self.answered[node] += 1
            lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
            lines += [
                f"{name}: {value}"
                for name, value in answer.headers.multi_items()
                if name.lower() not in {"connection", "content-length", "transfer-encoding"}
            ]
            lines.append(f"content-length: {len(answer.content)}")
            return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.content
        return b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"

    async def close(self) -> None:
        """Ends every connection."""
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._upstream.aclose()

    def client(self) -> httpx2.AsyncClient:
        """A client of the service: it knows no node."""
        return httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}",
            timeout=40,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None),
        )


@asynccontextmanager
async def balanced(nodes: Sequence[Node]) -> AsyncIterator[Balancer]:
    """One in front of some nodes."""
    balancer = Balancer(nodes)
    server = await asyncio.start_server(balancer.serve, "127.0.0.1", 0)
    balancer.port = server.sockets[0].getsockname()[1]
    looking = asyncio.create_task(balancer.look())
    try:
        async with asyncio.timeout(30):
            while balancer.sees() < len(nodes):  # noqa: ASYNC110 - its looks only have to get their turns
                await asyncio.sleep(0.02)
        yield balancer
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        server.close()
        await balancer.close()
        await server.wait_closed()
