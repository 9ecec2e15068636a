"""A good call of every operation, for tests that go through all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from doorward.domain.invitations.invite import invite
from doorward.domain.one_time.values import attempt_of, code_of, id_in_attempt, link_of
from doorward.domain.recovery.ask import RECOVERY, ask_recovery
from doorward.domain.verification.ask import VERIFY, start_verification
from doorward.infra.mailer.console import ConsoleMailer
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import CREDENTIAL, EMAIL, INVITATION, encode
from doorward.surfaces.rest.application import OPERATIONS
from doorward.surfaces.rest.operation import Operation
from tests.make.authenticator import Authenticator
from tests.make.authenticator_app import code_now
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
        {"identifier": "ada@example.com", "password": PASSWORD, "transport": "cookie", "device_token": ""},
    ],
    "POST /v1/sign-in/{attempt}/answers": [
        {"answers": {"password": PASSWORD}, "transport": "token", "device_token": "x", "trust_device": True}
    ],
    "POST /v1/me/step-up/{step_up}/answers": [{"answers": {"password": PASSWORD}}],
    "POST /v1/me/totp/confirm": [
        {"enrollment": "{enrollment}", "code": "{code}"},
    ],
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
    "POST /v1/me/passkeys": [{"credential": "{credential}", "label": "Laptop"}],
    "PATCH /v1/me/credentials/{credential_id}": [{"label": "Phone"}],
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
    "POST /v1/users/{user_id}/factor-reset": [{"reason": "Lost phone, ticket 4711"}],
    "POST /v1/users/{user_id}/recovery": [{}, {"end_sessions": True}],
    "PUT /v1/users/{user_id}/password": [{"password": "quite another sentence 7"}],
    "POST /v1/users/{user_id}/emails": [{"address": "third@example.com", "verified": True}],
    "POST /v1/roles": [
        {"name": "auditor"},
        {"name": "writer", "description": "Writes.", "permissions": ["users:read", "users:write"]},
    ],
    "POST /v1/links": [{"token": "{verification_token}"}],
    "POST /v1/email-verifications": [{"email": "ada.two@example.com"}],
    "POST /v1/email-verifications/{verification}/answers": [{"code": "{verification_code}"}],
    "POST /v1/recovery": [{"identifier": "ada@example.com"}],
    "POST /v1/recovery/{recovery}/answers": [{"token": "{recovery_token}", "new_password": "quite another sentence 7"}],
    "POST /v1/invitations": [
        {"email": "invited@example.com"},
        {"email": "invited.too@example.com", "roles": ["support"], "locale": "de", "mail": False},
    ],
    "PATCH /v1/roles/{role}": [{}, {"description": "Other.", "permissions": ["users:read"]}],
}

# What the query of a good call holds, where one is needed.
QUERIES: dict[str, dict[str, str]] = {"GET /v1/links": {"token": "{verification_token}"}}


@dataclass
class House:
    """An application with people in it. values: what stands in the paths and bodies of good calls."""

    client: httpx2.AsyncClient
    tools: Tools
    root: Person
    ada: Person
    values: dict[str, str] = field(default_factory=dict)
    credential: dict[str, Any] = field(default_factory=dict)

    def path(self, operation: Operation) -> str:
        """The path of a good call."""
        return operation.path.format_map(self.values)

    def bodies(self, operation: Operation) -> list[dict[str, Any]]:
        """The bodies of good calls; none for an operation that takes none."""
        given = BODIES.get(f"{operation.method} {operation.path}", [])
        return [{name: self._filled(value) for name, value in body.items()} for body in given]

    def _filled(self, value: Any) -> Any:
        if value == "{credential}":
            return self.credential
        return value.format_map(self.values) if isinstance(value, str) and value.startswith("{") else value

    async def call(self, operation: Operation, *, person: Person | None, body: Any = None, **options: Any) -> Any:
        """Calls an operation as somebody."""
        headers = dict(person.headers if person else {}) | options.pop("headers", {})
        if body is not None:
            options["json"] = body
        needed = QUERIES.get(f"{operation.method} {operation.path}", {})
        if needed:
            filled = {name: self._filled(value) for name, value in needed.items()}
            options["params"] = filled | dict(options.get("params") or {})
        return await self.client.request(operation.method, self.path(operation), headers=headers, **options)


async def furnish(tools: Tools, client: httpx2.AsyncClient) -> House:
    """People, a role, an address and a sign-in under way."""
    from doorward.domain.methods.passkey.enroll import store_passkey
    from doorward.domain.methods.passkey.stored import Passkey
    from doorward.domain.roles.manage import create_role
    from doorward.domain.users.emails import add_email
    from doorward.kernel.ids import USER, decode

    # What sends mail is refused where none leaves.
    tools.mailer = ConsoleMailer()
    root = await make_administrator(tools, client)
    ada = await make_person(tools, client)
    attempt = await client.post("/v1/sign-in", json={"identifier": "ada@example.com"})
    step_up = await client.post("/v1/me/step-up", headers=ada.headers)
    devices = (await client.get("/v1/me/devices", headers=ada.headers)).json()
    enrollment = (await client.post("/v1/me/totp", headers=ada.headers)).json()
    refused = await client.post("/v1/sign-in", json={"identifier": "nobody@example.com", "password": "wrong"})
    user_id = decode(USER, ada.user["id"])
    async with tools.writing(operator()) as tx:
        email = await add_email(tx, user_id, "ada.two@example.com")
        await create_role(tx, name="helper", permissions=["users:read"])
        verification = await start_verification(tx, email)
        recovery = await ask_recovery(tx, "ada@example.com")
        invited = await invite(tx, "guest@example.com", by_mail=False)
        # Two, so that an administrator may take one.
        made = [
            Passkey(bytes([n]) * 16, b"key", 0, b"h" * 64, str(UUID(int=0)), True, True, True, False) for n in (1, 2)
        ]
        passkeys = [await store_passkey(tx, user_id, each) for each in made]
    recovery_id = id_in_attempt(tools, RECOVERY, recovery)
    assert recovery_id is not None
    options = await client.post("/v1/me/passkeys/options", headers=ada.headers)
    credential = Authenticator().create(options.json()["options"])
    values = {
        "user_id": ada.user["id"],
        "session_id": ada.session["id"],
        "email_id": encode(EMAIL, email.id),
        "attempt": attempt.json()["attempt"],
        "device_id": devices["items"][0]["id"],
        "step_up": step_up.json()["attempt"],
        "credential_id": encode(CREDENTIAL, passkeys[0].id),
        "role": "helper",
        "refresh_token": ada.refresh_token,
        "enrollment": enrollment["enrollment"],
        "code": code_now(tools, enrollment["secret"]),
        "verification": attempt_of(tools, VERIFY, verification),
        "verification_token": link_of(tools, VERIFY, verification),
        "verification_code": code_of(tools, VERIFY, verification),
        "recovery": recovery,
        "recovery_token": link_of(tools, RECOVERY, recovery_id),
        "invitation_id": encode(INVITATION, invited.row.id),
        "support_code": refused.json()["support_code"],
    }
    return House(client, tools, root, ada, values, credential)


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
