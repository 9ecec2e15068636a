"""fastapi-users as a subject: one uvicorn worker with uvloop and httptools, its access log on, as uvicorn runs by default."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
from urllib.parse import urlencode

from bench.ground import Ground
from bench.load import Caller, Cycle, Load, Made, ask_json, request
from bench.peer import environment
from bench.people import PASSWORD, person
from bench.processes import ROOT, Server, clean_environment, free_port, start


class Peer:
    """A filled and running fastapi-users."""

    name = "fastapi-users"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._address = ""
        self._newcomers = itertools.count(1)
        self.server: Server | None = None

    async def open(self) -> None:
        """Fills its database and starts it."""
        python = await asyncio.to_thread(environment.ready)
        address = await self._ground.fresh("peer")
        if self._ground.postgres:
            self._address = address.replace("postgresql://", "postgresql+asyncpg://", 1)
        else:
            self._address = f"sqlite+aiosqlite:///{address}"
        await asyncio.to_thread(
            subprocess.run,
            [str(python), "-m", "bench.peer.fill", str(self._ground.users)],
            cwd=ROOT,
            env=clean_environment({"BENCH_DATABASE": self._address}),
            check=True,
        )
        await self._ground.settle("peer")
        self.server = await asyncio.to_thread(self.start)

    def start(self) -> Server:
        """Starts one more process on the filled database; its first 200 is the document that OpenAPI asks for."""
        port = free_port()
        options = ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
        return start(
            self.name,
            [str(environment.PYTHON), "-m", "uvicorn", "bench.peer.application:app", *options],
            port=port,
            first="/openapi.json",
            log=self._ground.folder / f"peer-{self._ground.database}.log",
            environment={"BENCH_DATABASE": self._address},
        )

    def close(self) -> None:
        """Stops it."""
        if self.server:
            self.server.stop()

    def load(self, callers: list[Caller], server: Server | None = None) -> Load:
        """These callers on this server, or on another process that stands on the same database."""
        server = server or self._running()
        return Load(server.port, callers, server.pid, self._ground.database_process)

    async def who_am_i(self) -> list[Caller]:
        """`GET /users/me`, each connection as another user."""
        numbers = range(1, self._ground.connections + 1)
        tokens = [await self._token(number) for number in numbers]
        return [
            Cycle([request("GET", "/users/me", token=token)], contains=person(number).email.encode())
            for number, token in zip(numbers, tokens, strict=True)
        ]

    async def user_by_id(self) -> list[Caller]:
        """`GET /users/{id}` as the administrator, over people from the whole table."""
        token = await self._token(0)
        step = max(1, self._ground.users // 500)
        requests = [
            request("GET", f"/users/{person(number).id}", token=token) for number in range(0, self._ground.users, step)
        ]
        return [Cycle(requests, contains=b'"email"', start=37 * place) for place in range(self._ground.connections)]

    def sign_in(self, connections: int) -> list[Caller]:
        """`POST /auth/jwt/login`, each connection going through people of its own."""
        requests = [self._sign_in(number) for number in range(1, min(self._ground.users, 400))]
        return [
            Cycle(requests, contains=b'"access_token"', start=len(requests) // connections * place)
            for place in range(connections)
        ]

    def sign_up(self, connections: int) -> list[Caller]:
        """`POST /auth/register`, somebody new each time."""

        def newcomer() -> bytes:
            email = f"newcomer{next(self._newcomers):06d}@people.example.com"
            return request(
                "POST", "/auth/register", document={"email": email, "password": PASSWORD, "name": "Nova Comer"}
            )

        return [Made(newcomer, expected=201) for _ in range(connections)]

    async def _token(self, number: int) -> str:
        answer = await ask_json(self._running().port, self._sign_in(number))
        return str(answer["access_token"])

    @staticmethod
    def _sign_in(number: int) -> bytes:
        form = urlencode({"username": person(number).email, "password": PASSWORD})
        return request("POST", "/auth/jwt/login", form=form)

    def _running(self) -> Server:
        if self.server is None:
            raise RuntimeError("the peer is not open")
        return self.server
