"""F16: thousands of clients that send or take byte by byte. Others do not notice, memory stays, and the slow ones are cut off."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import resource
import shutil
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.faults import invariants, slow_crowd
from tests.faults.invariants import History
from tests.faults.people import make_guest
from tests.make.people import PASSWORD
from tests.make.processes import Node, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(900)]

GUIDE = Path(__file__).parents[2] / "docs/guides/production.md"
_log = logging.getLogger(__name__)
# One line for each request would bury what was measured.
logging.getLogger("httpx2").setLevel(logging.WARNING)

SLOWEST = 1.0
MIB = 1024**2
# What one connection may cost at most beside what the process needs anyway.
EACH = 48 * 1024
# Short ones, so that the ordinary suite need not wait for those that hold outside; the long rounds do.
SHORT = {
    "DOORWARD_SERVER__HEADER_TIMEOUT_SECONDS": "3",
    "DOORWARD_HTTP__BODY_TIMEOUT_SECONDS": "3",
    "DOORWARD_SERVER__WRITE_TIMEOUT_SECONDS": "3",
}
GRACE = 4.0


async def slow_ones(port: int, kind: str, count: int, seconds: float, connected: asyncio.Event) -> dict[str, Any]:
    """So many slow clients of a kind; what became of them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        slow_crowd.__file__,
        *(str(each) for each in (port, kind, count, seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(seconds + 120):
            assert (await process.stdout.readline()).strip() == b"connected"
            connected.set()
            document: dict[str, Any] = json.loads(await process.stdout.readline())
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return document


async def ask_until(client: httpx2.AsyncClient, headers: dict[str, str], done: asyncio.Event) -> list[float]:
    """An ordinary client's requests, one after another; how long each took, in seconds."""
    took = []
    while not done.is_set():
        began = time.monotonic()
        answer = await client.get("/v1/me", headers=headers)
        assert answer.status_code == 200, answer.text
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.02)  # a client's pace
    return took


async def bear(node: Node, port: int, kinds: list[str], count: int, within: float) -> None:
    """So many slow clients of each kind at once: all of them cut off in time, and an ordinary client served meanwhile."""
    history = History(secrets={PASSWORD})
    assert node.process is not None
    process = psutil.Process(node.process.pid)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=40, trust_env=False) as client:
        guest = await make_guest(client, history)
        assert (await client.get("/openapi.json")).status_code == 200
        before, files = node.memory(), process.num_fds()
        done = asyncio.Event()
        asking = asyncio.create_task(ask_until(client, guest.headers, done))
        connected = [asyncio.Event() for _ in kinds]
        crowds = [
            asyncio.create_task(slow_ones(port, kind, count, within + GRACE, each))
            for kind, each in zip(kinds, connected, strict=True)
        ]
        most = before
        while not all(crowd.done() for crowd in crowds):
            most = max(most, node.memory())
            await asyncio.wait(crowds, timeout=0.2)
        done.set()
        took = await asking
        outcomes = [crowd.result() for crowd in crowds]
        p95 = statistics.quantiles(took, n=20)[-1]
        _log.info(
            "%d of each: p95 %.0f ms of %d, %+.0f MiB, %s",
            count,
            p95 * 1000,
            len(took),
            (most - before) / MIB,
            outcomes,
        )
        for kind, crowd in zip(kinds, crowds, strict=True):
            outcome = crowd.result()
            assert outcome["left"] == 0, f"{kind}: {outcome}"
            assert outcome["cut"] == count, f"{kind}: {outcome}"
        assert p95 < SLOWEST
        assert most - before < 24 * MIB + EACH * count * len(kinds)
        # Nothing of them is left in the server.
        async with asyncio.timeout(10):
            while process.num_fds() > files + 8:  # noqa: ASYNC110 - another process closes them
                await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("steps", "settings", "within"),
    [
        ([300], SHORT, 4.0),
        pytest.param([100, 500, 1000, 2000, 3333], {}, 30.0, marks=pytest.mark.long),
    ],
)
async def test_slow_clients_are_cut_off_and_nobody_else_notices(
    own_database_url: str, tmp_path: Path, steps: list[int], settings: dict[str, str], within: float
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with nodes(own_database_url, tmp_path, settings=settings) as (node,):
        for count in steps:
            if count * 3 + 200 > most:
                pytest.skip(f"this system allows a process {most} open files, which is too few for {3 * count} clients")
            await bear(node, node.port, ["head", "body", "read"], count, within)
        await invariants.hold(own_database_url, [node], History(secrets={PASSWORD}))


def documented_proxy(folder: Path, port: int, behind: int) -> str:
    """The configuration of nginx as the guide prints it, on a port of this test and without its certificate."""
    blocks = re.findall(r"^```nginx\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    found: str = blocks[0]
    for printed, here in (
        ("listen 443 ssl ", f"listen 127.0.0.1:{port} "),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{behind}"),
    ):
        assert printed in found
        found = found.replace(printed, here)
    paths = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    assert "http {\n" in found
    found = found.replace("http {\n", f"http {{\n    access_log off;\n{paths}")
    user = "user root;\n" if psutil.Process().uids().real == 0 else ""
    return f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n{found}"


@asynccontextmanager
async def nginx(folder: Path, behind: int) -> AsyncIterator[int]:
    """A proxy in front of a server; the port."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("nginx is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    (folder / "nginx").mkdir()
    (folder / "nginx/nginx.conf").write_text(documented_proxy(folder / "nginx", port, behind))
    process = await asyncio.create_subprocess_exec(
        program,
        "-e",
        str(folder / "nginx/error.log"),
        "-p",
        str(folder / "nginx"),
        "-c",
        str(folder / "nginx/nginx.conf"),
    )
    try:
        async with asyncio.timeout(30), httpx2.AsyncClient(trust_env=False) as client:
            while True:
                assert process.returncode is None, (folder / "nginx/error.log").read_text()
                try:
                    if (await client.get(f"http://127.0.0.1:{port}/livez")).status_code == 200:
                        break
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)  # asking in a loop until it listens
        yield port
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(("count", "settings"), [(300, SHORT), pytest.param(2000, {}, marks=pytest.mark.long)])
async def test_slow_clients_behind_the_documented_proxy_are_cut_off_too(
    tmp_path: Path, count: int, settings: dict[str, str], request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--database") == ["postgresql"]:
        pytest.skip("runs on SQLite, once")
    url = f"sqlite:///{tmp_path}/doorward.sqlite3"
    async with nodes(url, tmp_path, settings=settings) as (node,), nginx(tmp_path, node.port) as port:
        # nginx's own limits, as the guide sets them.
        await bear(node, port, ["head", "body", "read"], count, 32.0)
