"""What must hold after every fault (I1 to I7 of docs/faults.md), asked of the database itself and of the running service."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx2

from doorward.infra.crypto import base64url
from doorward.kernel.ids import SESSION, USER, decode
from tests.make.processes import ADMINISTRATOR, ADMINISTRATOR_PASSWORD, Node


@dataclass
class History:
    """What was acknowledged, and what nobody may ever read in a log.

    users: by email address, the public id that the sign-up answered. rotations: each refresh token that was presented,
    with every successor that any answer named. dead: access and refresh tokens that must never work again.
    expected_events: pairs of type and user id, or of type and target where there is one.
    """

    users: dict[str, str] = field(default_factory=dict)
    rotations: dict[str, set[str]] = field(default_factory=dict)
    dead_access: set[str] = field(default_factory=set)
    dead_refresh: set[str] = field(default_factory=set)
    expected_events: set[tuple[str, str]] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)

    def signed_up(self, email: str, answer: httpx2.Response) -> None:
        """A sign-up was acknowledged."""
        user_id = answer.json()["id"]
        assert self.users.setdefault(email, user_id) == user_id, "one address, two accounts"
        self.expected_events.add(("user.created", user_id))

    def signed_in(self, answer: httpx2.Response) -> dict[str, Any]:
        """A sign-in was acknowledged; its body."""
        body: dict[str, Any] = answer.json()
        self.secrets |= {body["access_token"], body["refresh_token"]}
        self.expected_events.add(("session.started", body["session"]["id"]))
        return body

    def refreshed(self, presented: str, answer: httpx2.Response) -> dict[str, Any]:
        """A refresh was acknowledged; its body."""
        body: dict[str, Any] = answer.json()
        self.rotations.setdefault(without_check(presented), set()).add(without_check(body["refresh_token"]))
        self.secrets |= {body["access_token"], body["refresh_token"]}
        return body


def without_check(refresh_token: str) -> str:
    """A refresh token without its check value, which every secret of the installation makes another of; the rest is one."""
    return base64url.decode(refresh_token.removeprefix("dwrt_"))[:-16].hex()


async def rows(url: str, statement: str) -> Sequence[Sequence[Any]]:
    """The rows of a statement, by the plain driver: the code under test has no part in it."""
    if url.startswith("sqlite"):

        def ask() -> list[Any]:
            connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)
            try:
                return connection.execute(statement).fetchall()
            finally:
                connection.close()

        return await asyncio.to_thread(ask)
    connection = await asyncpg.connect(url)
    try:
        found: Sequence[Sequence[Any]] = await connection.fetch(statement)
    finally:
        await connection.close()
    return found


def as_uuid(value: Any) -> UUID:
    """An identifier as either driver gives it."""
    return UUID(bytes=value) if isinstance(value, bytes) else UUID(str(value))


async def unique_keys(url: str) -> None:
    """I1: no two users share an address or a username in any spelling."""
    assert not await rows(url, "SELECT address_key FROM user_emails GROUP BY address_key HAVING count(*) > 1")
    assert not await rows(
        url, "SELECT username_key FROM users WHERE username_key IS NOT NULL GROUP BY username_key HAVING count(*) > 1"
    )


async def no_half_user(url: str) -> None:
    """I1, I2: every user has an address that is the one on the account, and a password."""
    assert not await rows(
        url,
        "SELECT u.id FROM users u WHERE "
        "NOT EXISTS (SELECT 1 FROM user_emails e WHERE e.user_id = u.id AND e.is_primary AND e.address_key = u.email_key) "
        "OR NOT EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = u.id)",
    )


async def acknowledged_users(url: str, history: History) -> None:
    """I2: every sign-up that was acknowledged is there, under the id that was answered."""
    stored = {
        str(key): as_uuid(user_id) for key, user_id in await rows(url, "SELECT address_key, user_id FROM user_emails")
    }
    for email, user_id in history.users.items():
        assert stored.get(email) == decode(USER, user_id), f"lost: {email}"


async def single_use(url: str, history: History) -> None:
    """I3: each refresh token has one successor at most, and each generation of a session was reached once."""
    for presented, successors in history.rotations.items():
        assert len(successors) == 1, f"a refresh token forked: {presented[:12]}…"
    parents: dict[str, str] = {}
    for presented, successors in history.rotations.items():
        for successor in successors:
            assert parents.setdefault(successor, presented) == presented
    data = "json_extract(data, '$.generation')" if url.startswith("sqlite") else "data ->> 'generation'"
    assert not await rows(
        url,
        f"SELECT target, {data} FROM events WHERE type = 'session.refreshed' "  # noqa: S608 - constants
        f"GROUP BY target, {data} HAVING count(*) > 1",
    )
    counted = await rows(url, "SELECT target, count(*) FROM events WHERE type = 'session.refreshed' GROUP BY target")
    generations = {
        as_uuid(session_id): number for session_id, number in await rows(url, "SELECT id, generation FROM sessions")
    }
    for target, number in counted:
        session_id = decode(SESSION, target)
        assert generations.get(session_id, number) == number, "a rotation without its event, or the reverse"


async def stays_dead(client: httpx2.AsyncClient, history: History) -> None:
    """I4: whatever was revoked and acknowledged opens nothing any more."""
    for token in history.dead_access:
        answer = await client.get("/v1/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401, "an access token lives on"
    for token in history.dead_refresh:
        answer = await client.post("/v1/tokens/refresh", json={"refresh_token": token})
        assert answer.status_code == 401, "a refresh token lives on"


async def recorded(url: str, history: History) -> None:
    """I5: there is an event for every acknowledged change."""
    found = set()
    for kind, user_id, target in await rows(url, "SELECT type, user_id, target FROM events"):
        if user_id is not None:
            found.add((kind, as_uuid(user_id)))
        if target is not None:
            found.add((kind, target))
    for kind, concerned in history.expected_events:
        key = decode(USER, concerned) if concerned.startswith("usr_") else concerned
        assert (kind, key) in found, f"no {kind} for {concerned}"


_SHORTEST: Final = 8


def no_secret_in_logs(nodes: Iterable[Node], history: History) -> None:
    """I6: no password and no token in anything that a process wrote."""
    secrets = {each for each in history.secrets if len(each) >= _SHORTEST} | {ADMINISTRATOR_PASSWORD}
    # A signed token leaks just as well without its last characters; so does a stamped one.
    pieces = {each.rpartition(".")[2][:40] if each.startswith("eyJ") else each[:60] for each in secrets}
    for node in nodes:
        log = node.log
        assert '"event"' in log, "there is no log to look through"
        leaked = [piece for piece in pieces if piece in log]
        assert not leaked, f"{len(leaked)} secrets in the log"
        assert "Traceback" not in log, log[log.index("Traceback") :][:4000]


async def administrator(node: Node, history: History) -> dict[str, str]:
    """Signs the first administrator in; the headers of their requests."""
    async with node.client() as client:
        answer = await client.post(
            "/v1/sign-in", json={"identifier": ADMINISTRATOR, "password": ADMINISTRATOR_PASSWORD}
        )
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {history.signed_in(answer)['access_token']}"}


async def hold(url: str, nodes: Sequence[Node], history: History) -> None:
    """All of them, on a service that must be ready (I7)."""
    for node in nodes:
        await node.ready(within=30)
    await unique_keys(url)
    await no_half_user(url)
    await acknowledged_users(url, history)
    await single_use(url, history)
    async with nodes[-1].client() as client:
        await stays_dead(client, history)
    await recorded(url, history)
    no_secret_in_logs(nodes, history)
