"""People of the fault tests, made and signed in over the wire, each acknowledgment written into the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from tests.faults.invariants import History
from tests.make.people import PASSWORD


@dataclass
class Guest:
    """Somebody with an account. body: what the sign-in answered."""

    email: str
    id: str
    body: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """What goes along with their requests."""
        return {"authorization": f"Bearer {self.body['access_token']}"}

    @property
    def session(self) -> str:
        """The id of their session."""
        return str(self.body["session"]["id"])


async def sign_in(client: httpx2.AsyncClient, history: History, email: str, password: str = PASSWORD) -> dict[str, Any]:
    """Signs somebody in."""
    answer = await client.post("/v1/sign-in", json={"identifier": email, "password": password})
    assert answer.status_code == 200, answer.text
    return history.signed_in(answer)


async def make_guest(client: httpx2.AsyncClient, history: History) -> Guest:
    """Signs somebody up and in."""
    email = f"{uuid4().hex}@example.com"
    history.secrets.add(PASSWORD)
    answer = await client.post("/v1/sign-up", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    history.signed_up(email, answer)
    return Guest(email, answer.json()["id"], await sign_in(client, history, email))
