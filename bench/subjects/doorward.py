"""Doorward as a subject: `doorward serve` as anybody runs it in production, one worker, logs and counters on."""

from __future__ import annotations

import asyncio
import base64
import csv
import hmac
import itertools
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from bench.authenticator import Authenticator
from bench.ground import Ground
from bench.load import Caller, Cycle, Load, Made, UnexpectedAnswerError, ask_json, request
from bench.people import PASSWORD, password_hash, people, person
from bench.processes import ROOT, Server, clean_environment, free_port, start
from doorward.infra.database.migrate import newest

ADMINISTRATOR: Final = "administrator@people.example.com"
# How many steps the clock of an app may be off in the row of authenticator apps, so that one person has several codes.
APP_DRIFT: Final = 2
_PAGE: Final = "/v1/users?limit=50"


class Refreshing(Caller):
    """Owns one session and follows its rotation: every answer's refresh token is what the next request spends."""

    def __init__(self, token: str) -> None:
        self._token = token

    def next(self) -> bytes:
        """Spends the token of the last answer."""
        return request("POST", "/v1/tokens/refresh", document={"refresh_token": self._token})

    def seen(self, body: bytes) -> None:
        """Takes the next token, which must be another."""
        token = json.loads(body)["refresh_token"]
        if token == self._token:
            raise UnexpectedAnswerError("the refresh token was not rotated")
        self._token = token


class ByPasskey(Caller):
    """Signs one person in by passkey again and again: begins, and answers by what it was asked."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._attempt = ""
        self._options: dict[str, Any] = {}

    def next(self) -> bytes:
        """Begins, or answers what was begun."""
        if not self._attempt:
            return request("POST", "/v1/sign-in", document={})
        answers = {"answers": {"passkey": self._authenticator.get(self._options)}}
        return request("POST", f"/v1/sign-in/{self._attempt}/answers", document=answers)

    def seen(self, body: bytes) -> None:
        """Takes the options, or checks that somebody was let in."""
        answer = json.loads(body)
        if self._attempt:
            if answer["status"] != "complete":
                raise UnexpectedAnswerError(f"a sign-in by passkey is not complete but {answer['status']}")
            self._attempt = ""
            return
        self._attempt = answer["attempt"]
        self._options = next(each["data"] for each in answer["prompts"] if each["name"] == "passkey")


class Guess(Caller):
    """Sends a wrong password, for one account after another; a locked one answers that it takes no more."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = itertools.cycle(requests)

    def expects(self, status: int) -> bool:
        """Refused as wrong, or before it was compared."""
        return status in {401, 429, 503}

    def next(self) -> bytes:
        """The next guess."""
        return next(self._requests)


class ByApp(Caller):
    """Signs people in by password and the code of an authenticator app. people: address, secret and last step of each.

    A code works once, so people take turns; there must be enough of them.
    """

    def __init__(self, people: deque[tuple[str, bytes, int]]) -> None:
        self._people = people
        self._attempt = ""
        self._present = ("", b"", 0)

    def next(self) -> bytes:
        """Begins, or answers with a code that was not used."""
        if not self._attempt:
            self._present = self._people.popleft()
            return Doorward.sign_in_request(self._present[0])
        email, secret, last = self._present
        step = max(last + 1, int(time.time()) // 30 - APP_DRIFT)
        if step > int(time.time()) // 30 + APP_DRIFT:
            raise UnexpectedAnswerError("more people with authenticator apps are needed: all codes of these were used")
        self._people.append((email, secret, step))
        answers = {"answers": {"totp": app_code(secret, step)}}
        return request("POST", f"/v1/sign-in/{self._attempt}/answers", document=answers)

    def seen(self, body: bytes) -> None:
        """Takes the attempt, or checks that somebody was let in."""
        answer = json.loads(body)
        if self._attempt:
            if answer["status"] != "complete":
                raise UnexpectedAnswerError(f"a sign-in by code is not complete but {answer['status']}")
            self._attempt = ""
            return
        self._attempt = answer["attempt"]


def app_code(secret: bytes, step: int) -> str:
    """The code of a step of 30 s (RFC 6238)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 15
    return str((int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF) % 1_000_000).zfill(6)


class Doorward:
    """A filled and running Doorward. count: people in its tables; label: the name of its database."""

    name = "doorward"

    def __init__(self, ground: Ground, *, count: int | None = None, label: str = "doorward") -> None:
        self.count = ground.users if count is None else count
        self._ground = ground
        self._label = label
        self._folder = ground.folder / f"{label}-{ground.database}"
        self._environment: dict[str, str] = {}
        self._newcomers = itertools.count(1)
        self._pages: list[str] = []
        self._kept_pages = self._folder / "pages.json"
        self.server: Server | None = None

    async def open(self, *, keeps: bool = False) -> None:
        """Fills its database, unless an earlier run kept it, and starts it. keeps: whether it is kept for another run."""
        filled = self._folder / "filled.json"
        wanted = {"people": self.count, "schema": newest()}
        if keeps and filled.exists() and json.loads(filled.read_text()) == wanted:
            self._stand_on(self._ground.address(self._label))
        else:
            filled.unlink(missing_ok=True)
            self._kept_pages.unlink(missing_ok=True)
            await self.migrate()
            await asyncio.to_thread(self.bring_in, write_people(self._folder / "people.csv", self.count))
            await self._ground.settle(self._label)
            if keeps:
                filled.write_text(json.dumps(wanted))
        self.server = await asyncio.to_thread(self.start)
        if keeps:
            # A walk through a million people is five thousand requests; cursors stay good.
            if self._kept_pages.exists():
                self._pages = json.loads(self._kept_pages.read_text())
            else:
                self._kept_pages.write_text(json.dumps(await self._walk(await self.administrator())))

    async def migrate(self) -> str:
        """Makes its empty database with all tables, and gives the address or the file's path."""
        self._folder.mkdir(exist_ok=True)
        address = await self._ground.fresh(self._label)
        self._stand_on(address)
        await asyncio.to_thread(self.command, "migrate")
        return address

    def _stand_on(self, address: str) -> None:
        self._environment = {
            "DATABASE_URL": address if self._ground.postgres else f"sqlite:///{address}",
            "DOORWARD_DATA_DIR": str(self._folder),
            "DOORWARD_MODE": "production",
            # The same for every process on this database, so that all take the same tokens.
            "DOORWARD_TOKENS__ISSUER": "http://127.0.0.1:8000",
            # A benchmark is one address that asks without end; what the limits cost is a row of its own.
            "DOORWARD_RATE_LIMITS__ENABLED": "false",
            "DOORWARD_SECRETS": "a secret that serves in benchmarks and nowhere else",
            "DOORWARD_BOOTSTRAP_ADMIN__EMAIL": ADMINISTRATOR,
            "DOORWARD_BOOTSTRAP_ADMIN__PASSWORD": PASSWORD,
        }

    def command(self, *words: str) -> None:
        """Runs one command of Doorward on its database."""
        done = subprocess.run(
            [sys.executable, "-m", "doorward", *words],
            cwd=ROOT,
            env=clean_environment(self._environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).decode(errors="replace")
            raise RuntimeError(f"doorward {' '.join(words)} failed (exit {done.returncode}):\n{said[-3000:]}")

    def bring_in(self, path: Path) -> None:
        """Imports a file of people."""
        self.command("user", "import", str(path))

    def start(self, settings: Mapping[str, str] | None = None) -> Server:
        """Starts one more process on the filled database; its first 200 is that every dependency is ready. settings: further ones."""
        port = free_port()
        return start(
            self.name,
            [sys.executable, "-m", "doorward", "serve"],
            port=port,
            first="/readyz",
            log=self._ground.folder / f"{self._label}-{self._ground.database}.log",
            environment=self._environment | {"PORT": str(port)} | dict(settings or {}),
        )

    @property
    def environment(self) -> dict[str, str]:
        """What another process needs to stand on the same database and to take the same tokens."""
        return self._environment

    def close(self) -> None:
        """Stops it."""
        if self.server:
            self.server.stop()

    def load(self, callers: list[Caller], server: Server | None = None) -> Load:
        """These callers on this server, or on another process that stands on the same database."""
        server = server or self._running()
        return Load(server.port, callers, server.pid, self._ground.database_process)

    async def who_am_i(self) -> list[Caller]:
        """`GET /v1/me`, each connection as another user."""
        numbers = range(1, self._ground.connections + 1)
        answers = [await self._signed_in(person(number).email) for number in numbers]
        return [
            Cycle([request("GET", "/v1/me", token=answer["access_token"])], contains=person(number).email.encode())
            for number, answer in zip(numbers, answers, strict=True)
        ]

    async def user_by_id(self) -> list[Caller]:
        """`GET /v1/users/{id}` as the administrator, over people from the whole table."""
        token = await self.administrator()
        pages = await self._walk(token)
        step = max(1, len(pages) // 10)
        ids: list[str] = []
        for cursor in pages[::step]:
            page = await self._page(token, cursor, 50)
            ids += [item["id"] for item in page["items"]]
        requests = [request("GET", f"/v1/users/{each}", token=token) for each in ids]
        return [Cycle(requests, contains=b'"id"', start=37 * place) for place in range(self._ground.connections)]

    async def list_first(self) -> list[Caller]:
        """The first page of fifty users."""
        content = request("GET", _PAGE, token=await self.administrator())
        return self._listing([content])

    async def list_deep(self) -> list[Caller]:
        """Pages of fifty from the last tenth of the list."""
        token = await self.administrator()
        pages = await self._walk(token)
        # The very last page may be short.
        deep = pages[len(pages) * 9 // 10 : -1] or pages[-2:-1] or pages[-1:]
        return self._listing([request("GET", f"{_PAGE}&cursor={quote(cursor)}", token=token) for cursor in deep])

    def _listing(self, requests: Sequence[bytes]) -> list[Caller]:
        return [
            Cycle(requests, contains=b'"next_cursor"', start=7 * place) for place in range(self._ground.connections)
        ]

    def sign_in(self, connections: int) -> list[Caller]:
        """`POST /v1/sign-in`, each connection going through people of its own."""
        requests = [self.sign_in_request(person(number).email) for number in range(1, min(self.count, 400))]
        return [
            Cycle(requests, contains=b'"complete"', start=len(requests) // connections * place)
            for place in range(connections)
        ]

    async def passkey(self, connections: int) -> list[Caller]:
        """`POST /v1/sign-in` and its answer by passkey, each connection as another person."""
        callers: list[Caller] = []
        for number in range(1, connections + 1):
            token = (await self._signed_in(person(number).email))["access_token"]
            port = self._running().port
            asked = await ask_json(port, request("POST", "/v1/me/passkeys/options", token=token))
            authenticator = Authenticator("http://localhost:8000")
            made = {"credential": authenticator.create(asked["options"])}
            await ask_json(port, request("POST", "/v1/me/passkeys", token=token, document=made), expected=201)
            callers.append(ByPasskey(authenticator))
        return callers

    async def apps(self, server: Server, connections: int, people: int) -> list[Caller]:
        """`POST /v1/sign-in` and its answer by the code of an authenticator app, through so many people."""
        first = self.count - people
        waiting: deque[tuple[str, bytes, int]] = deque()
        for number in range(first, self.count):
            email = person(number).email
            token = (await self._signed_in(email))["access_token"]
            made = await ask_json(server.port, request("POST", "/v1/me/totp", token=token))
            secret = base64.b32decode(made["secret"] + "=" * (-len(made["secret"]) % 8))
            step = int(time.time()) // 30 - APP_DRIFT
            confirmation = {"enrollment": made["enrollment"], "code": app_code(secret, step)}
            content = request("POST", "/v1/me/totp/confirm", token=token, document=confirmation)
            await ask_json(server.port, content, expected=201)
            waiting.append((email, secret, step))
        return [ByApp(waiting) for _ in range(connections)]

    def guesses(self, connections: int) -> list[Caller]:
        """Wrong passwords for accounts that are there and that are not, each connection for others."""
        names = [person(number).email for number in range(400, min(self.count, 800))]
        names += [f"nobody{number}@people.example.com" for number in range(400)]
        requests = [
            request("POST", "/v1/sign-in", document={"identifier": name, "password": "not this one 7"})
            for name in names
        ]
        return [Guess(requests[place::connections]) for place in range(connections)]

    def sign_up(self, connections: int) -> list[Caller]:
        """`POST /v1/sign-up`, somebody new each time."""

        def newcomer() -> bytes:
            email = f"newcomer{next(self._newcomers):06d}@people.example.com"
            return request("POST", "/v1/sign-up", document={"email": email, "password": PASSWORD, "name": "Nova Comer"})

        return [Made(newcomer, expected=201) for _ in range(connections)]

    async def refresh(self) -> list[Caller]:
        """`POST /v1/tokens/refresh`, each connection with a session of its own."""
        numbers = range(1, self._ground.connections + 1)
        return [Refreshing((await self._signed_in(person(number).email))["refresh_token"]) for number in numbers]

    async def administrator(self) -> str:
        """An access token of the administrator."""
        return str((await self._signed_in(ADMINISTRATOR))["access_token"])

    async def _signed_in(self, email: str) -> dict[str, Any]:
        answer: dict[str, Any] = await ask_json(self._running().port, self.sign_in_request(email))
        if answer["status"] != "complete":
            raise UnexpectedAnswerError(f"sign-in is not complete but {answer['status']}")
        return answer

    async def _page(self, token: str, cursor: str, limit: int) -> dict[str, Any]:
        path = f"/v1/users?limit={limit}" + (f"&cursor={quote(cursor)}" if cursor else "")
        page: dict[str, Any] = await ask_json(self._running().port, request("GET", path, token=token))
        return page

    async def _walk(self, token: str) -> list[str]:
        """Goes through the whole list once; gives the cursors of its pages, the first being empty."""
        if not self._pages:
            cursor: str | None = ""
            while cursor is not None:
                self._pages.append(cursor)
                cursor = (await self._page(token, cursor, 200))["next_cursor"]
        return self._pages

    @staticmethod
    def sign_in_request(email: str) -> bytes:
        """A sign-in of one of the people."""
        return request("POST", "/v1/sign-in", document={"identifier": email, "password": PASSWORD})

    def _running(self) -> Server:
        if self.server is None:
            raise RuntimeError("Doorward is not open")
        return self.server


def write_people(path: Path, count: int) -> Path:
    """A CSV file of people with the password hash that all share."""
    stored = password_hash()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "email_verified", "name", "password_hash"])
        writer.writerows((each.email, "true", each.name, stored) for each in people(count))
    return path
