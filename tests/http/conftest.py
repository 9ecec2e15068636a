"""The small application inside of the real stack, and a client that speaks to it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
import pytest

from doorward.http.draining import Draining
from doorward.http.settings import HttpSettings
from doorward.http.stack import wrap
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.logs import Logs, set_up
from doorward.infra.telemetry.settings import LogSettings
from tests.http.application import build


@dataclass
class House:
    """What a test looks at: the client, the counters, the log's lines so far."""

    client: httpx2.AsyncClient
    counters: RequestCounters
    draining: Draining
    read_log: Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log_file() -> Iterator[tuple[Logs, Callable[[], list[dict[str, Any]]]]]:
    with tempfile.NamedTemporaryFile() as file:
        descriptor = os.open(file.name, os.O_WRONLY | os.O_APPEND)

        def lines() -> list[dict[str, Any]]:
            # The lines of a round of the event loop go out at its end, which the test has not left yet.
            logs.output.flush()
            with open(file.name, "rb") as written:  # noqa: PTH123 - a path that tempfile gave
                return [orjson.loads(line) for line in written]

        logs = set_up(LogSettings(level="DEBUG", format="json"), descriptor=descriptor)
        os.close(descriptor)
        yield logs, lines
        logs.close()


@pytest.fixture
def house(log_file: tuple[Logs, Callable[[], list[dict[str, Any]]]]) -> Callable[..., House]:
    logs, lines = log_file

    def build_house(
        app: Any = None, *, peer: str = "192.0.2.1", public_url: str = "http://house", **settings: Any
    ) -> House:
        counters, draining = RequestCounters(), Draining()
        wrapped = wrap(
            app or build(),
            HttpSettings(**settings),
            public_url=public_url,
            counters=counters,
            logs=logs,
            draining=draining,
        )
        transport = httpx2.ASGITransport(app=wrapped, client=(peer, 1234))
        client = httpx2.AsyncClient(transport=transport, base_url="http://house")
        return House(client, counters, draining, lines)

    return build_house


@pytest.fixture
async def client(house: Callable[..., House]) -> AsyncIterator[httpx2.AsyncClient]:
    async with house().client as opened:
        yield opened
