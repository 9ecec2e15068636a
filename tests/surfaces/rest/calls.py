"""A good call of every operation, for tests that go through all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx2

from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import EMAIL, encode
from doorward.surfaces.rest.application import OPERATIONS
from doorward.surfaces.rest.operation import Operation
from tests.make.people import PASSWORD, Person, make_administrator, make_person

BY_NAME = {f"{operation.method} {operation.path}": operation for operation in OPERATIONS}

# The smallest and the fullest body of every operation that takes one; a new operation must be added here.
BODIES: dict[str, list[dict[str, Any]]] = {
    "POST /v1/sign-up": [
        {"email": "new@example.com", "password": PASSWORD},
        {"email": "newer@example.com", "password": PASSWORD, "username": "newer", "name": "New Er"},
    ],
    "POST /v1/sign-in": [
        {"identifier": "ada@example.com"},
        {"identifier": "ada@example.com", "password": PASSWORD, "transport": "cookie"},
    ],
    "POST /v1/sign-in/{attempt}/answers": [{"answers": {"password": PASSWORD}, "transport": "token"}],
    "POST /v1/me/step-up/{step_up}/answers": [{"answers": {"password": PASSWORD}}],
    "POST /v1/tokens/refresh": [{"refresh_token": "{refresh_token}"}],
    "PATCH /v1/me": [
        {},
        {
            "username": "mine",
            "name": "Mine",
            "locale": "en",
            "time_zone": "UTC",
            "picture_url": "https://example.com/me.png",
        },
    ],
    "POST /v1/me/password": [{"current_password": PASSWORD, "new_password": "quite another sentence 7"}],
    "POST /v1/me/emails": [{"address": "second@example.com"}],
    "POST /v1/users": [
        {"email": "made@example.com"},
        {
            "email": "fuller@example.com",
            "email_verified": True,
            "password": PASSWORD,
            "roles": ["support"],
            "username": "fuller",
            "name": "Full Er",
            "locale": "de-CH",
            "time_zone": "Europe/Zurich",
            "picture_url": "https://example.com/full.png",
            "public_metadata": {"a": 1},
            "admin_metadata": {"b": [True, None]},
            "external_id": "e-1",
        },
    ],
    "PATCH /v1/users/{user_id}": [
        {},
        {
            "username": "changed",
            "name": "Changed",
            "locale": "en",
            "time_zone": "UTC",
            "picture_url": "https://example.com/x.png",
            "public_metadata": {"x": "y"},
            "admin_metadata": {},
            "external_id": "e-2",
        },
    ],
    "POST /v1/users/{user_id}/suspend": [{}, {"reason": "abuse", "until": "2099-01-31T12:00:00+01:00"}],
    "PUT /v1/users/{user_id}/password": [{"password": "quite another sentence 7"}],
    "POST /v1/users/{user_id}/emails": [{"address": "third@example.com", "verified": True}],
    "POST /v1/roles": [
        {"name": "auditor"},
        {"name": "writer", "description": "Writes.", "permissions": ["users:read", "users:write"]},
    ],
    "PATCH /v1/roles/{role}": [{}, {"description": "Other.", "permissions": ["users:read"]}],
}


@dataclass
class House:
    """An application with people in it. values: what stands in the paths and bodies of good calls."""

    client: httpx2.AsyncClient
    tools: Tools
    root: Person
    ada: Person
    values: dict[str, str] = field(default_factory=dict)

    def path(self, operation: Operation) -> str:
        """The path of a good call."""
        return operation.path.format_map(self.values)

    def bodies(self, operation: Operation) -> list[dict[str, Any]]:
        """The bodies of good calls; none for an operation that takes none."""
        given = BODIES.get(f"{operation.method} {operation.path}", [])
        return [
            {name: value.format_map(self.values) if name == "refresh_token" else value for name, value in body.items()}
            for body in given
        ]

    async def call(self, operation: Operation, *, person: Person | None, body: Any = None, **options: Any) -> Any:
        """Calls an operation as somebody."""
        headers = dict(person.headers if person else {}) | options.pop("headers", {})
        if body is not None:
            options["json"] = body
        return await self.client.request(operation.method, self.path(operation), headers=headers, **options)


async def furnish(tools: Tools, client: httpx2.AsyncClient) -> House:
    """People, a role, an address and a sign-in under way."""
    from doorward.domain.roles.manage import create_role
    from doorward.domain.users.emails import add_email
    from doorward.kernel.ids import USER, decode

    root = await make_administrator(tools, client)
    ada = await make_person(tools, client)
    attempt = await client.post("/v1/sign-in", json={"identifier": "ada@example.com"})
    step_up = await client.post("/v1/me/step-up", headers=ada.headers)
    user_id = decode(USER, ada.user["id"])
    async with tools.writing(operator()) as tx:
        email = await add_email(tx, user_id, "ada.two@example.com")
        await create_role(tx, name="helper", permissions=["users:read"])
    values = {
        "user_id": ada.user["id"],
        "session_id": ada.session["id"],
        "email_id": encode(EMAIL, email.id),
        "attempt": attempt.json()["attempt"],
        "step_up": step_up.json()["attempt"],
        "role": "helper",
        "refresh_token": ada.refresh_token,
    }
    return House(client, tools, root, ada, values)


def looks_like_a_problem(answer: httpx2.Response) -> bool:
    """Whether an answer is a failure as RFC 9457 and our own rules want it."""
    if answer.headers["content-type"] != "application/problem+json":
        return False
    document = answer.json()
    return (
        {"type", "title", "status", "detail", "instance", "code", "request_id"} <= document.keys()
        and document["status"] == answer.status_code
        and document["type"].endswith("/" + document["code"])
        and document["request_id"] == answer.headers["x-request-id"]
        and "?" not in document["instance"]
    )
