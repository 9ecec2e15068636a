"""People and their tokens, over HTTP as anybody would make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from doorward.domain.sign_up.create_user import create_user
from doorward.domain.users.store import UserRow
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator

PASSWORD = "correct staple battery 9"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    user: dict[str, Any]
    session: dict[str, Any]
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        """What goes along with every request."""
        return {"authorization": f"Bearer {self.access_token}"}


async def make_user(tools: Tools, email: str = "ada@example.com", **fields: Any) -> UserRow:
    """A user with PASSWORD. fields: as `create_user` takes them, also `roles`."""
    roles = fields.pop("roles", ())
    password = fields.pop("password", PASSWORD)
    async with tools.writing(operator()) as tx:
        return await create_user(tx, {"email": email, **fields}, password=password, roles=roles)


async def sign_in(client: httpx2.AsyncClient, identifier: str = "ada@example.com", password: str = PASSWORD) -> Person:
    """Signs somebody in who exists."""
    answer = await client.post("/v1/sign-in", json={"identifier": identifier, "password": password})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return Person(body["user"], body["session"], body["access_token"], body["refresh_token"])


async def make_person(
    tools: Tools, client: httpx2.AsyncClient, email: str = "ada@example.com", **fields: Any
) -> Person:
    """A user who is signed in."""
    await make_user(tools, email, **fields)
    return await sign_in(client, email, fields.get("password", PASSWORD))


async def make_administrator(tools: Tools, client: httpx2.AsyncClient, email: str = "root@example.com") -> Person:
    """An administrator who is signed in."""
    return await make_person(tools, client, email, roles=["admin"])
