"""Real server processes, real sockets, real signals (F15 and F17 of the faults, as far as HTTP alone can cause them)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

pytestmark = [pytest.mark.integration, pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")]

ROOT = Path(__file__).parents[2]
PROGRAM = (
    "import sys, json; from doorward.serve import serve; from doorward.http.settings import ServerSettings;"
    "sys.exit(serve('tests.http.served:create', ServerSettings(**json.loads(sys.argv[1])),"
    " on_started=lambda url: print(f'started {url}', flush=True)))"
)


class Running:
    """A server process. lines: what it wrote so far."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.release = folder / "release"
        self.lines: list[str] = []
        self.port = 0
        self._started = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            text = line.decode()
            self.lines.append(text)
            if found := re.search(r"started http://127.0.0.1:(\d+)|started unix:", text):
                self.port = int(found.group(1) or 0)
                self._started.set()
        self._started.set()

    async def started(self) -> Running:
        await asyncio.wait_for(self._started.wait(), 30)
        return self

    async def ended(self, seconds: float = 20) -> int:
        code = await asyncio.wait_for(self.process.wait(), seconds)
        await self._reading
        return code

    async def connect(self) -> Connection:
        return Connection(*await asyncio.open_connection("127.0.0.1", self.port))

    async def get(self, path: str) -> Answer:
        connection = await self.connect()
        try:
            return await connection.get(path)
        finally:
            connection.close()


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        document: dict[str, Any] = orjson.loads(self.body)
        assert document["status"] == self.status
        return document


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def close(self) -> None:
        self.writer.close()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def get(self, path: str) -> Answer:
        await self.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return await self.answer()

    async def answer(self) -> Answer:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 15)
        first, *lines = head.decode().split("\r\n")[:-2]
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(first.split()[1]), headers, body)

    async def is_closed(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(), 15) == b""
        except ConnectionError:
            return True


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Any]]:
    running: list[Running] = []
    with tempfile.TemporaryDirectory() as name:

        async def begin(environment: dict[str, str] | None = None, **settings: Any) -> Running:
            folder = Path(name) / str(len(running))
            folder.mkdir()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                PROGRAM,
                orjson.dumps({"port": 0, **settings}).decode(),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                cwd=ROOT,
                env={
                    **os.environ,
                    "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
                    "TEST_RELEASE": str(folder / "release"),
                    **(environment or {}),
                },
            )
            running.append(Running(process, folder))
            return await running[-1].started()

        yield begin
        for each in running:
            if each.process.returncode is None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    for child in psutil.Process(each.process.pid).children(recursive=True):
                        child.kill()
                each.process.kill()
                await each.ended()
            each.process._transport.close()  # type: ignore[attr-defined]


async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest
        await asyncio.sleep(0.01)


async def test_says_in_one_sentence_that_the_port_is_busy(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = await start(port=port)
        assert await server.ended() == 1
    (line,) = server.lines
    assert f"Port {port} on 127.0.0.1 is in use" in line
    assert f"PORT={port + 1}" in line


async def test_says_in_one_sentence_that_the_host_is_not_here(start):
    server = await start(host="192.0.2.77")
    assert await server.ended() == 1
    assert "DOORWARD_SERVER__HOST" in server.lines[0]
    assert len(server.lines) == 1


@pytest.mark.parametrize("workers", [1, 2])
async def test_ends_without_costing_a_keep_alive_client_an_answer(start, workers):
    server = await start(workers=workers, drain_delay_seconds=1.0)
    answers = refused = 0

    async def client(connection: Connection) -> None:
        """Goes on until told that the connection ends, as a client behind a load balancer would, then leaves."""
        nonlocal answers
        while True:
            answer = await connection.get("/process")
            assert answer.status == 200
            answers += 1
            if answer.headers.get("connection") == "close":
                assert await connection.is_closed()
                connection.close()
                return
            await asyncio.sleep(0.005)

    async def readiness() -> None:
        """Asks anew each time, as a load balancer does; must be told no before the door is shut."""
        nonlocal refused
        while True:
            answer = await server.get("/readyz")
            if answer.status == 503:
                refused += 1
                return

    slow = await server.connect()
    await slow.send(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
    await until((server.folder / "release.waiting").exists)
    clients = [asyncio.create_task(client(await server.connect())) for _ in range(20)]
    await until(lambda: answers > 100)
    server.process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(readiness(), 10)
    await asyncio.wait_for(asyncio.gather(*clients), 10)
    # Everybody else is gone and the door is shut; the slow one still gets its answer.
    with pytest.raises(OSError):
        while True:
            (await server.connect()).close()
            await asyncio.sleep(0.05)
    assert server.process.returncode is None
    server.release.touch()
    answer = await slow.answer()
    slow.close()
    assert (answer.status, answer.body, answer.headers["connection"]) == (200, b"done", "close")
    assert await server.ended() == 0
    assert refused == 1
    assert (server.folder / "release.ended").exists()


@pytest.mark.parametrize("workers", [1, 2])
async def test_ends_at_once_at_the_second_signal(start, workers):
    server = await start(workers=workers, drain_delay_seconds=60)
    slow = await server.connect()
    await slow.send(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
    await until((server.folder / "release.waiting").exists)
    server.process.send_signal(signal.SIGTERM)
    seen = set()
    while len(seen) < workers:  # the first signal must have reached each before the second is sent
        answer = await server.get("/readyz")
        if answer.status == 503:
            seen.add(answer.status)
            break
    server.process.send_signal(signal.SIGTERM)
    assert await server.ended(10) == 1
    slow.close()


async def test_gives_up_requests_after_the_grace(start):
    server = await start(shutdown_grace_seconds=1)
    slow = await server.connect()
    await slow.send(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
    await until((server.folder / "release.waiting").exists)
    server.process.send_signal(signal.SIGTERM)
    assert await server.ended(10) == 0
    slow.close()


def workers_of(server: Running) -> set[int]:
    found = set()
    for child in psutil.Process(server.process.pid).children():
        with contextlib.suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


async def test_replaces_workers_that_die_or_hang(start):
    server = await start(workers=2, worker_timeout_seconds=3)
    first = workers_of(server)
    assert len(first) == 2
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        await server.get("/dies")
    await until(lambda: any('"worker ended"' in line or "worker ended" in line for line in server.lines))
    assert int((await server.get("/process")).body) > 0
    hanging = await server.connect()
    await hanging.send(b"GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n")
    await until(lambda: any("worker hangs" in line for line in server.lines))
    hanging.close()

    await until(lambda: len(workers_of(server)) == 2)
    assert int((await server.get("/process")).body) in workers_of(server)
    assert workers_of(server) != first
    server.process.send_signal(signal.SIGTERM)
    assert await server.ended() == 0


async def test_adds_up_what_all_workers_counted(start):
    server = await start(workers=2)
    seen: dict[bytes, int] = {}
    while len(seen) < 2:
        answer = await server.get("/process")
        seen[answer.body] = seen.get(answer.body, 0) + 1
    total = sum(seen.values())
    wanted = f'doorward_http_requests_total{{method="GET",route="/process",status="200"}} {total}.0'.encode()
    # A request is counted just after its answer was sent, so the last ones may be missing for a moment.
    while wanted not in (await server.get("/metrics")).body:  # noqa: ASYNC110 - another process counts
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("failure", ["TEST_FAILS", "TEST_FAILS_STARTING"])
async def test_ends_with_a_failure_when_no_worker_can_start(start, failure):
    server = await start(workers=2, environment={failure: "1"})
    assert await server.ended() == 1
    assert not any(line.startswith("started") for line in server.lines)


async def test_listens_on_a_unix_socket_even_if_one_was_left_behind(start):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/door.sock"
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(path)
        server = await start(uds=path)
        connection = Connection(*await asyncio.open_unix_connection(path))
        assert (await connection.get("/process")).status == 200
        connection.close()
        second = await start(uds=path)
        assert await second.ended() == 1
        assert "in use" in second.lines[0]
        server.process.send_signal(signal.SIGINT)
        assert await server.ended() == 0
        assert not Path(path).exists()  # noqa: ASYNC240 - a test


async def test_cuts_clients_that_do_not_come_to_the_point(start):
    server = await start(header_timeout_seconds=0.3)
    silent, slow, trickling, idle = [await server.connect() for _ in range(4)]
    await slow.send(b"GET / HTTP/1.1\r\nHost:")
    assert (await idle.get("/process")).status == 200
    await idle.send(b"POST /x HTT")

    async def trickle() -> None:
        with contextlib.suppress(ConnectionError):
            await trickling.send(b"GET / HTTP/1.1\r\n")
            for number in range(1000):
                await trickling.send(b"x-%d: 1\r\n" % number)
                await asyncio.sleep(0.01)

    task = asyncio.create_task(trickle())
    for connection in (slow, trickling, idle):
        answer = await connection.answer()
        assert answer.problem["code"] == "head-timeout"
    assert await silent.is_closed()
    task.cancel()
    body = await server.connect()
    await body.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12")
    answer = await body.answer()
    assert answer.problem["code"] == "body-timeout"
    unread = await server.connect()
    await unread.send(b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n12")
    assert (await unread.answer()).body == b"unread"
    await unread.send(b"3")
    assert await unread.is_closed()
    for connection in (silent, slow, trickling, idle, body, unread):
        connection.close()


async def test_does_not_take_half_a_body_for_a_whole_one(start):
    server = await start()
    connection = await server.connect()
    await connection.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12")
    connection.close()
    await until(lambda: any('"status":499' in line for line in server.lines))
    assert not any('"level":"error"' in line for line in server.lines)


async def test_goes_on_with_a_connection_whose_body_nobody_read(start):
    server = await start()
    connection = await server.connect()
    await connection.send(b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n1234")
    assert (await connection.answer()).body == b"unread"
    assert (await connection.get("/process")).status == 200
    connection.close()


async def test_refuses_connections_beyond_the_limit(start):
    server = await start(max_connections=3)
    kept = [await server.connect() for _ in range(3)]
    for connection in kept:
        assert (await connection.get("/process")).status == 200
    further = await server.connect()
    answer = await further.answer()
    assert answer.problem["code"] == "unavailable"
    assert answer.headers["retry-after"] == "1"
    for connection in (*kept, further):
        connection.close()


async def test_answers_bytes_that_are_no_http(start):
    server = await start()
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ):
        connection = await server.connect()
        await connection.send(garbage)
        answer = await connection.answer()
        assert answer.status == 400
        assert answer.problem["code"] == "malformed-request"
        assert await connection.is_closed()
        connection.close()


async def oversize(connection: Connection, head: bytes, piece: bytes, count: int) -> Answer:
    """Sends without end until the server answers."""

    async def pour() -> None:
        with contextlib.suppress(ConnectionError):
            await connection.send(head)
            for _ in range(count):
                await connection.send(piece)
                # Sending fills the socket without ever giving way, and a client that never looks up misses the answer.
                await asyncio.sleep(0)

    pouring = asyncio.create_task(pour())
    try:
        return await connection.answer()
    finally:
        pouring.cancel()
        connection.close()


@pytest.mark.parametrize(
    ("head", "piece", "count", "status"),
    [
        pytest.param(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
            b"x" * 65536,
            16000,
            413,
            id="promised-body",
        ),
        pytest.param(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"10000\r\n" + b"x" * 65536 + b"\r\n",
            16000,
            413,
            id="chunked-body",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\n", b"".join(b"x-%d: 1\r\n" % n for n in range(100)), 1000, 431, id="headers"
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"x" * 65536, 16000, 431, id="one-header"),
        pytest.param(b"GET /", b"x" * 65536, 16000, 431, id="address"),
        pytest.param(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 60000\r\n\r\n",
            b"\x1f\x8b" * 5000,
            6,
            415,
            id="compressed",
        ),
    ],
)
async def test_refuses_oversize_requests_without_reading_them(start, head, piece, count, status):
    server = await start()
    memory = psutil.Process(server.process.pid)
    assert (await server.get("/process")).status == 200
    before = memory.memory_info().rss
    answers = await asyncio.gather(*[oversize(await server.connect(), head, piece, count) for _ in range(3)])
    assert {answer.problem["status"] for answer in answers} == {status}
    assert memory.memory_info().rss - before < 50 * 1024 * 1024
    assert (await server.get("/process")).status == 200


@pytest.mark.parametrize(
    ("start_of_body", "piece"),
    [
        pytest.param(b"1\r\nx\r\n0\r\n", b"x-trailer: " + b"y" * 1000 + b"\r\n", id="trailers"),
        pytest.param(b"1\r\nx\r\n0\r\nx-trailer: ", b"y" * 65536, id="one-trailer"),
        pytest.param(b"1;", b"y" * 65536, id="chunk-extension"),
    ],
)
async def test_ends_chunked_bodies_that_are_mostly_not_body(start, start_of_body, piece):
    server = await start()
    memory = psutil.Process(server.process.pid)
    assert (await server.get("/process")).status == 200
    before = memory.memory_info().rss
    connection = await server.connect()
    with pytest.raises(ConnectionError):
        await connection.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + start_of_body)
        for _ in range(16000):
            await connection.send(piece)
    connection.close()
    assert memory.memory_info().rss - before < 50 * 1024 * 1024
    assert (await server.get("/process")).status == 200
