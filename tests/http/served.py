"""An application for real server processes of the tests: a few addresses that answer, wait, die or hang on request."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from doorward.http.body import read_body
from doorward.http.call import call_of
from doorward.http.draining import Draining
from doorward.http.problems import App, Receive, Scope, Send
from doorward.http.settings import HttpSettings
from doorward.http.stack import wrap
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.logs import set_up
from doorward.infra.telemetry.settings import LogSettings
from doorward.kernel.problem import Unavailable


def _mark(name: str) -> None:
    Path(os.environ["TEST_RELEASE"] + "." + name).touch()


async def _released() -> None:
    place = Path(os.environ["TEST_RELEASE"])
    _mark("waiting")
    while not place.exists():  # noqa: ASYNC110, ASYNC240 - another process makes the file
        await asyncio.sleep(0.01)


def create(*, draining: Draining) -> App:  # noqa: C901 - a list of addresses
    if os.environ.get("TEST_FAILS"):
        raise RuntimeError("cannot be made")
    counters = RequestCounters()

    async def answer(send: Send, body: bytes, kind: bytes = b"text/plain") -> None:
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def lifespan(receive: Receive, send: Send) -> None:
        await receive()
        current = asyncio.create_task(counters.keep_current())
        if os.environ.get("TEST_FAILS_STARTING"):
            await send({"type": "lifespan.startup.failed", "message": "no database"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        current.cancel()
        await asyncio.wait([current])
        _mark("ended")
        await send({"type": "lifespan.shutdown.complete"})

    async def app(scope: Scope, receive: Receive, send: Send) -> Any:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        call = call_of(scope)
        call.route = path = scope["path"]
        match path:
            case "/readyz":
                if draining.begun:
                    raise Unavailable("Draining.")
                await answer(send, b"ready")
            case "/process":
                await answer(send, str(os.getpid()).encode())
            case "/waits":
                await _released()
                await answer(send, b"done")
            case "/dies":
                os._exit(9)
            case "/hangs":
                time.sleep(60)  # noqa: ASYNC251 - hanging is the point
            case "/metrics":
                await answer(send, counters.render())
            case "/unread":
                await answer(send, b"unread")
            case _:
                await answer(send, str(len(await read_body(receive))).encode())

    return wrap(
        app,
        HttpSettings(body_timeout_seconds=1, request_timeout_seconds=20),
        public_url="http://x",
        counters=counters,
        logs=set_up(LogSettings(format="json")),
        draining=draining,
    )
