"""What people do with a Doorward, for locust: `locust -f load/locustfile.py --host http://127.0.0.1:8000`.

One simulated person does one thing a second, so that as many people are as many requests a second. Mostly a service asks
who somebody is; now and then a token is renewed; seldom somebody signs in or up, or has forgotten a password, which costs
a password hash.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import ipaddress
import itertools
import json
import os
import random
import re
from pathlib import Path
from typing import Any, Final

import gevent
from locust import FastHttpUser, constant_throughput, task

# Accounts that are there already, as a JSON list of addresses; without it each person signs up first.
ACCOUNTS: Final = os.environ.get("LOAD_ACCOUNTS")
PASSWORD: Final = os.environ.get("LOAD_PASSWORD", "correct staple battery 9")
# An administrator, who lists users; without one nobody does.
ADMIN: Final = os.environ.get("LOAD_ADMIN")

# Where a Doorward in development writes its mail. Without it whoever forgot a password asks, and follows no link.
MAIL: Final = os.environ.get("LOAD_MAIL")

# How long to measure, from the moment on when everybody is signed in; without it until locust is told to end.
SECONDS: Final = float(os.environ.get("LOAD_SECONDS", "0"))

# Of a recovery; other mails have other links.
_TOKEN: Final = re.compile(r"[?&#]token=(dwre_[\w-]+)")
_MAIL_SECONDS: Final = 20

_numbers = itertools.count()
_signed_in = itertools.count(1)
_run = f"{random.randrange(16**8):08x}"
# A network for measurements (RFC 2544): behind a trusted proxy each person has an address of their own.
_addresses = ipaddress.ip_network("198.18.0.0/15")


class Mailbox:
    """The mail of everybody, as far as it holds links. folder: where it is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        self._links: dict[str, str] = {}

    def link(self, address: str) -> str | None:
        """Takes what the newest link to an address carries; None while there is none."""
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self._folder):
                if entry.name not in self._seen:
                    self._take(entry)
        return self._links.pop(address, None)

    def _take(self, entry: os.DirEntry[str]) -> None:
        message = email.message_from_bytes(Path(entry.path).read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        if body is None:
            return  # not whole yet
        self._seen.add(entry.name)
        found = _TOKEN.search(body.get_content())
        if found is not None:
            self._links[str(message["to"])] = found[1]


_mailbox = Mailbox(Path(MAIL)) if MAIL else None


class Person(FastHttpUser):
    """Somebody with an account, signed in."""

    wait_time = constant_throughput(1)
    connection_timeout = 10
    network_timeout = 10
    _known: tuple[str, ...] = tuple(json.loads(Path(ACCOUNTS).read_text(encoding="utf-8"))) if ACCOUNTS else ()

    def on_start(self) -> None:
        """Signs in, as the administrator if this is the first person and there is one."""
        number = next(_numbers)
        self._from = {"X-Forwarded-For": str(_addresses[number % _addresses.num_addresses])}
        self._is_admin = ADMIN is not None and number % 100 == 0
        self._access = self._refresh = ""
        # Locust lets people in once a second, all at once; without this they would go on in step, which people do not.
        gevent.sleep(random.random())
        if self._is_admin:
            self._email = str(ADMIN)
        elif self._known:
            self._email = self._known[number % len(self._known)]
        else:
            self._email = f"load-{_run}-{number}@example.com"
            self._sign_up(self._email)
        while not self._access:
            self.sign_in()
            # All come at once here, more than can be hashed at once; that is not what is measured.
            gevent.sleep(0 if self._access else 1 + random.random())
        self._begin_once_all_are_in()

    @task(69)
    def who_am_i(self) -> None:
        """The question that a service asks at each of its own requests."""
        self._get("/v1/me")

    @task(10)
    def refresh(self) -> None:
        """An access token has run out."""
        if not self._access:
            self.sign_in()
            return
        with self._post("/v1/tokens/refresh", {"refresh_token": self._refresh}) as answer:
            if answer.status_code == 200:
                self._keep(answer.json())
            else:
                answer.failure(f"{answer.status_code}")

    @task(10)
    def own_sessions(self) -> None:
        """A look at where one is signed in."""
        self._get("/v1/me/sessions")

    @task(5)
    def list_users(self) -> None:
        """A page of the console; only administrators have it, and others look at themselves."""
        if self._is_admin:
            self._get("/v1/users?limit=50", name="/v1/users")
        else:
            self._get("/v1/me")

    @task(4)
    def sign_in(self) -> None:
        """Signing in on another device; the session before ends, as people sign out too."""
        if self._access:
            bearer, self._access = self._bearer, ""
            with self._post("/v1/sign-out", None, headers=bearer) as answer:
                answer.success() if answer.status_code in {200, 204} else answer.failure(f"{answer.status_code}")
        with self._post("/v1/sign-in", {"identifier": self._email, "password": PASSWORD}) as answer:
            if answer.status_code == 200:
                self._keep(answer.json())
            else:
                answer.failure(f"{answer.status_code}")

    @task(1)
    def sign_up(self) -> None:
        """Somebody new."""
        self._sign_up(f"load-{_run}-new-{next(_numbers)}@example.com")

    @task(1)
    def forgotten_password(self) -> None:
        """A new password by mail, and signing in by it. It ends every session."""
        with self._post("/v1/recovery", {"identifier": self._email}) as answer:
            answer.success() if answer.status_code == 202 else answer.failure(f"{answer.status_code}")
            if answer.status_code != 202 or _mailbox is None:
                return
            attempt = answer.json()["attempt"]
        with gevent.Timeout(_MAIL_SECONDS, False):
            while (token := _mailbox.link(self._email)) is None:
                gevent.sleep(0.2)
            path = f"/v1/recovery/{attempt}/answers"
            given = {"token": token, "new_password": PASSWORD}
            with self._post(path, given, name="/v1/recovery/{recovery}/answers") as answer:
                answer.success() if answer.status_code in {200, 204} else answer.failure(f"{answer.status_code}")
            self._access = ""
            self.sign_in()

    def _begin_once_all_are_in(self) -> None:
        options = self.environment.parsed_options
        runner = self.environment.runner
        if not SECONDS or options is None or runner is None or next(_signed_in) != options.num_users:
            return

        def begin() -> None:
            runner.stats.reset_all()
            gevent.spawn_later(SECONDS, runner.quit)

        gevent.spawn_later(2, begin)

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._access}"}

    def _sign_up(self, email: str) -> None:
        with self._post("/v1/sign-up", {"email": email, "password": PASSWORD, "name": "Load Test"}) as answer:
            answer.success() if answer.status_code == 201 else answer.failure(f"{answer.status_code}")

    def _keep(self, document: dict[str, Any]) -> None:
        self._access, self._refresh = document["access_token"], document["refresh_token"]

    def _get(self, path: str, name: str | None = None) -> None:
        # Whoever could not sign in again tries that before anything else: one failure, not one for each thing they do.
        if not self._access:
            self.sign_in()
            return
        with self.client.get(path, name=name, headers=self._bearer | self._from, catch_response=True) as answer:
            answer.success() if answer.status_code == 200 else answer.failure(f"{answer.status_code}")

    def _post(self, path: str, document: Any, headers: dict[str, str] | None = None, name: str | None = None) -> Any:
        given = {**self._from, **(headers or {})}
        return self.client.post(path, json=document, name=name, headers=given, catch_response=True)
