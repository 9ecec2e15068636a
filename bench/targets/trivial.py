"""A server that answers every request with the same 300 bytes: what the load tool reaches against it is its ceiling."""

from __future__ import annotations

import asyncio
import sys
from typing import Final, cast

import uvloop

_BODY: Final = b'{"id":"' + b"x" * 291 + b'"}'
_ANSWER: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(_BODY),
    _BODY,
)


class _Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        # Good enough for requests without a body that arrive whole, which are the only ones sent here.
        self._transport.write(_ANSWER * data.count(b"\r\n\r\n"))


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
