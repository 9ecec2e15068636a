"""What the examples of the operations need around them: a server, people, and the ids and codes that a reader would put in.

Everybody is who the pages say (Ada, ada@example.com), so whoever an example made is erased before the next one runs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Final

import httpx2

from doorward.domain.methods.totp.one_time_password import password_of, step_at
from doorward.domain.methods.totp.stored import read
from doorward.surfaces.rest.examples.every import example_of, name_of
from doorward.surfaces.rest.examples.render import variables_of
from doorward.surfaces.rest.examples.variables import VARIABLES
from doorward.surfaces.rest.operation import Operation
from tests.make.authenticator import ORIGIN, Authenticator
from tests.make.processes import ADMINISTRATOR, ADMINISTRATOR_PASSWORD, Node

PASSWORD: Final = "correct staple battery 9"
ADA: Final = "ada@example.com"
HOME: Final = "ada@home.example.com"
GRACE: Final = "grace@example.com"
FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
_CODE: Final = re.compile(r"^Your code: (\S+)$", re.MULTILINE)
_TOKEN: Final = re.compile(r"token=([^\s&]+)")

# What the server runs with, beside what all servers of tests do.
SETTINGS: Final = {"DOORWARD_PASSKEY__ORIGINS": ORIGIN, "DOORWARD_MESSAGES__MOST_PER_HOUR": "100"}
Variables = dict[str, str]


@dataclass
class Person:
    """Somebody who is signed in."""

    user: dict[str, Any]
    signed_in: dict[str, Any]

    @property
    def access(self) -> str:
        return str(self.signed_in["access_token"])


@dataclass
class Stage:
    """A server, and who is there. root: may do everything. made: whom to erase in the end. clerks: by what they may do."""

    node: Node
    client: httpx2.AsyncClient
    mail: Path
    root: str = ""
    made: list[str] = field(default_factory=list)
    clerks: dict[tuple[str, ...], Person] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Any = None, *, access: str | None = None, **options: Any) -> Any:
        """The answer to a request of root, or of whoever's access token is given; it must be a good one."""
        answer = await self.client.request(
            method,
            path,
            headers={"authorization": f"Bearer {access or self.root}", "user-agent": FIREFOX}
            | options.pop("headers", {}),
            **({} if body is None else {"json": body}),
            **options,
        )
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else None

    async def open(self) -> None:
        """Signs root in."""
        body = {"identifier": ADMINISTRATOR, "password": ADMINISTRATOR_PASSWORD}
        self.root = (await self.client.post("/v1/sign-in", json=body)).raise_for_status().json()["access_token"]

    async def sign_in(self, email: str, agent: str = FIREFOX) -> dict[str, Any]:
        """Signs somebody in."""
        body = {"identifier": email, "password": PASSWORD, "device_token": ""}
        return dict(await self.ask("POST", "/v1/sign-in", body, headers={"user-agent": agent}))

    async def person(self, email: str, **fields: Any) -> Person:
        """Makes somebody who is signed in."""
        body = {"email": email, "password": PASSWORD, "email_verified": True, **fields}
        return Person(await self.ask("POST", "/v1/users", body), await self.sign_in(email))

    async def ada(self, **fields: Any) -> Person:
        """Makes Ada."""
        made = await self.person(ADA, username="ada", name="Ada Lovelace", **fields)
        self.made.append(made.user["id"])
        return made

    async def clerk(self, permissions: tuple[str, ...]) -> Person:
        """Somebody who may do just that, and stays."""
        if permissions not in self.clerks:
            # Behind the built-in roles in the alphabet, and so in the list of roles.
            role = f"team-{'-'.join(permissions).replace(':', '.')}"
            await self.ask("POST", "/v1/roles", {"name": role, "permissions": list(permissions)})
            self.clerks[permissions] = await self.person(f"{role}@example.com", roles=[role])
        return self.clerks[permissions]

    async def passkey(self, ada: Person, label: str) -> str:
        """Gives Ada a passkey; its id."""
        body = {"credential": await self.credential(ada), "label": label}
        return str((await self.ask("POST", "/v1/me/passkeys", body, access=ada.access))["id"])

    async def credential(self, ada: Person) -> dict[str, Any]:
        """What a browser would make of the options for a passkey."""
        asked = await self.ask("POST", "/v1/me/passkeys/options", access=ada.access)
        return Authenticator().create(asked["options"])

    async def app(self, ada: Person) -> tuple[str, str]:
        """An authenticator app that is being set up: the enrollment, and the code that it shows."""
        made = await self.ask("POST", "/v1/me/totp", access=ada.access)
        app = read({"secret": made["secret"]})
        step = step_at(self.node_time())
        return made["enrollment"], password_of(app.secret, step, digits=app.digits, algorithm=app.algorithm)

    def node_time(self) -> float:
        """What the server's clock says."""
        import time

        return time.time()

    async def letter(self, before: frozenset[Path]) -> tuple[str, str]:
        """Code and link token of the mail with a code that arrives beside those of before."""
        async with asyncio.timeout(20):
            while True:
                for path in sorted(self.letters() - before):
                    message = message_from_bytes(path.read_bytes(), policy=default)
                    body = message.get_body(("plain",))
                    text = "" if body is None else str(body.get_content()).replace("\r\n", "\n")
                    code, token = _CODE.search(text), _TOKEN.search(text)
                    if code and token:
                        return code[1], token[1]
                await asyncio.sleep(0.01)  # the mailer of development writes files, and nobody tells of them

    def letters(self) -> frozenset[Path]:
        """The mails that were written so far."""
        return frozenset(self.mail.glob("*.eml"))

    async def clear(self, operation: Operation | None = None) -> None:
        """Takes away whom and what an example needed or made."""
        name = "" if operation is None else name_of(operation)
        if name in _WITHOUT_ADA:
            found = await self.ask("GET", "/v1/users", params={"email": ADA})
            self.made += [each["id"] for each in found["items"]]
        for user_id in self.made:
            await self.ask("DELETE", f"/v1/users/{user_id}", params={"purge": "true"})
        if "role" in name:
            headers = {"authorization": f"Bearer {self.root}"}
            await self.client.delete("/v1/roles/auditor", headers=headers)  # if it is there
        if "invitation" in name:
            for invitation in (await self.ask("GET", "/v1/invitations"))["items"]:
                await self.ask("DELETE", f"/v1/invitations/{invitation['id']}")
        self.made.clear()


async def arrange(stage: Stage, operation: Operation) -> Variables:
    """Brings about what the example of an operation takes; what the reader would put in."""
    example = example_of(operation)
    name = name_of(operation)
    values = {each: VARIABLES[each].like for each in VARIABLES} | {"API": stage.node.url}
    asker = await stage.clerk((*example.needs, *example.holds)) if example.needs else None
    if name in _WITHOUT_ADA:
        ada = None
    else:
        ada = await stage.ada(email_verified=name not in _UNVERIFIED)
        if asker is None:
            asker = ada
    if asker is not None:
        values["ACCESS"] = asker.access
    for each in variables_of(operation, example):
        if ada is not None and each in _MAKERS:
            values[each] = await _MAKERS[each](stage, ada)
    if name in _MORE:
        assert ada is not None or name in _WITHOUT_ADA
        values |= await _MORE[name](stage, ada, values)  # type: ignore[arg-type]
    return values


# Where Ada has no account yet, and where her address is not verified yet.
_WITHOUT_ADA: Final = {"POST /v1/sign-up", "POST /v1/users"}
_UNVERIFIED: Final = {
    "GET /v1/links",
    "POST /v1/links",
    "POST /v1/email-verifications",
    "POST /v1/email-verifications/{verification}/answers",
}


async def _user_id(stage: Stage, ada: Person) -> str:
    return str(ada.user["id"])


async def _session_id(stage: Stage, ada: Person) -> str:
    return str((await stage.sign_in(ADA, SAFARI))["session"]["id"])


async def _email_id(stage: Stage, ada: Person) -> str:
    return str((await stage.ask("POST", f"/v1/users/{ada.user['id']}/emails", {"address": HOME}))["id"])


async def _device_id(stage: Stage, ada: Person) -> str:
    return str((await stage.ask("GET", "/v1/me/devices", access=ada.access))["items"][0]["id"])


async def _credential_id(stage: Stage, ada: Person) -> str:
    # Two, so that one may be taken away.
    await stage.passkey(ada, "Security key")
    return await stage.passkey(ada, "Laptop")


async def _credential(stage: Stage, ada: Person) -> str:
    import json

    return json.dumps(await stage.credential(ada))


async def _invitation_id(stage: Stage, ada: Person) -> str:
    return str((await stage.ask("POST", "/v1/invitations", {"email": GRACE, "mail": False}))["id"])


async def _attempt(stage: Stage, ada: Person) -> str:
    return str((await stage.ask("POST", "/v1/sign-in", {"identifier": ADA}))["attempt"])


async def _step_up(stage: Stage, ada: Person) -> str:
    return str((await stage.ask("POST", "/v1/me/step-up", access=ada.access))["attempt"])


async def _refresh(stage: Stage, ada: Person) -> str:
    return str(ada.signed_in["refresh_token"])


async def _support_code(stage: Stage, ada: Person) -> str:
    refused = await stage.client.post("/v1/sign-in", json={"identifier": ADA, "password": "mistyped"})
    return str(refused.json()["support_code"])


_MAKERS: Final[Mapping[str, Callable[[Stage, Person], Awaitable[str]]]] = {
    "ATTEMPT": _attempt,
    "CREDENTIAL": _credential,
    "CREDENTIAL_ID": _credential_id,
    "DEVICE_ID": _device_id,
    "EMAIL_ID": _email_id,
    "INVITATION_ID": _invitation_id,
    "REFRESH": _refresh,
    "SESSION_ID": _session_id,
    "STEP_UP": _step_up,
    "SUPPORT_CODE": _support_code,
    "USER_ID": _user_id,
}


async def _verification(stage: Stage, ada: Person, values: Variables) -> Variables:
    before = stage.letters()
    pending = await stage.ask("POST", "/v1/email-verifications", {"email": ADA})
    code, token = await stage.letter(before)
    return {"VERIFICATION": pending["attempt"], "CODE": code, "TOKEN": token}


async def _recovery(stage: Stage, ada: Person, values: Variables) -> Variables:
    before = stage.letters()
    pending = await stage.ask("POST", "/v1/recovery", {"identifier": ADA})
    code, _ = await stage.letter(before)
    return {"RECOVERY": pending["attempt"], "CODE": code}


async def _enrollment(stage: Stage, ada: Person, values: Variables) -> Variables:
    enrollment, code = await stage.app(ada)
    return {"ENROLLMENT": enrollment, "CODE": code}


async def _with_app(stage: Stage, ada: Person, values: Variables) -> Variables:
    enrollment, code = await stage.app(ada)
    body = {"enrollment": enrollment, "code": code, "label": "Phone"}
    await stage.ask("POST", "/v1/me/totp/confirm", body, access=ada.access)
    return {}


async def _verified_address(stage: Stage, ada: Person, values: Variables) -> Variables:
    await stage.ask("POST", f"/v1/users/{ada.user['id']}/emails/{values['EMAIL_ID']}/verify")
    return {}


async def _two_addresses(stage: Stage, ada: Person, values: Variables) -> Variables:
    await _email_id(stage, ada)
    return {}


async def _two_sessions(stage: Stage, ada: Person, values: Variables) -> Variables:
    await _session_id(stage, ada)
    return {}


async def _two_passkeys(stage: Stage, ada: Person, values: Variables) -> Variables:
    await _credential_id(stage, ada)
    return {}


async def _invited(stage: Stage, ada: Person, values: Variables) -> Variables:
    await _invitation_id(stage, ada)
    return {}


async def _deleted(stage: Stage, ada: Person, values: Variables) -> Variables:
    await stage.ask("DELETE", f"/v1/users/{ada.user['id']}")
    return {}


async def _suspended(stage: Stage, ada: Person, values: Variables) -> Variables:
    await stage.ask("POST", f"/v1/users/{ada.user['id']}/suspend")
    return {}


async def _auditor(stage: Stage, ada: Person, values: Variables) -> Variables:
    role = {"name": "auditor", "description": "Sees users.", "permissions": ["users:read"]}
    await stage.ask("POST", "/v1/roles", role)
    return {}


async def _auditing(stage: Stage, ada: Person, values: Variables) -> Variables:
    await _auditor(stage, ada, values)
    await stage.ask("PUT", f"/v1/users/{ada.user['id']}/roles/auditor")
    return {}


async def _resetting(stage: Stage, ada: Person, values: Variables) -> Variables:
    await _with_app(stage, ada, values)
    await stage.ask("POST", f"/v1/users/{ada.user['id']}/factor-reset", {"reason": "Lost phone, ticket 4711"})
    return {}


# What comes before an operation beside the things that its variables name.
_MORE: Final[Mapping[str, Callable[[Stage, Person, Variables], Awaitable[Variables]]]] = {
    "GET /v1/links": _verification,
    "POST /v1/links": _verification,
    "POST /v1/email-verifications/{verification}/answers": _verification,
    "POST /v1/recovery/{recovery}/answers": _recovery,
    "GET /v1/invitations": _invited,
    "GET /v1/me/emails": _two_addresses,
    "POST /v1/me/emails/{email_id}/make-primary": _verified_address,
    "GET /v1/me/sessions": _two_sessions,
    "DELETE /v1/me/sessions": _two_sessions,
    "GET /v1/me/credentials": _two_passkeys,
    "POST /v1/me/totp/confirm": _enrollment,
    "GET /v1/me/recovery-codes": _with_app,
    "POST /v1/me/recovery-codes": _with_app,
    "GET /v1/users/{user_id}/credentials": _two_passkeys,
    "POST /v1/users/{user_id}/restore": _deleted,
    "POST /v1/users/{user_id}/reinstate": _suspended,
    "GET /v1/users/{user_id}/emails": _two_addresses,
    "GET /v1/users/{user_id}/sessions": _two_sessions,
    "GET /v1/users/{user_id}/roles": _auditing,
    "PUT /v1/users/{user_id}/roles/{role}": _auditor,
    "DELETE /v1/users/{user_id}/roles/{role}": _auditing,
    "POST /v1/users/{user_id}/factor-reset": _with_app,
    "DELETE /v1/users/{user_id}/factor-reset": _resetting,
    "GET /v1/roles/{role}": _auditor,
    "PATCH /v1/roles/{role}": _auditor,
    "DELETE /v1/roles/{role}": _auditor,
}
