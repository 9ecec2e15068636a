"""Every value that works once, used fifty times at once on two nodes: one wins, and the others change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from doorward.domain.invitations.invite import invite
from doorward.domain.lockdown.lock_down import LOCKDOWN, UNDO
from doorward.domain.methods.email_code.method import CODE
from doorward.domain.methods.email_code.settings import EmailCodeSettings
from doorward.domain.methods.magic_link.method import LINK
from doorward.domain.methods.magic_link.settings import MagicLinkSettings
from doorward.domain.one_time.values import Kind, attempt_of, code_of, id_in_attempt, link_of, make_value
from doorward.domain.recovery.ask import RECOVERY, ask_recovery
from doorward.domain.users.emails import primary_address
from doorward.domain.users.store import UserRow
from doorward.domain.verification.ask import VERIFY, start_verification
from doorward.infra.mailer.console import ConsoleMailer
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from tests.faults.invariants import rows
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed
from tests.races.conftest import Clients

pytestmark = pytest.mark.integration

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Use:
    """One way to use a value up."""

    path: str
    body: dict[str, Any]
    won: int


async def _verification(tools: Tools, user: UserRow) -> Any:
    async with tools.writing(operator()) as tx:
        row = await primary_address(tx, user.id)
        assert row is not None
        return await start_verification(tx, row)


async def verification_link(tools: Tools, user: UserRow, _client: httpx2.AsyncClient) -> Use:
    token = link_of(tools, VERIFY, await _verification(tools, user))
    return Use("/v1/links", {"token": token}, 200)


async def verification_code(tools: Tools, user: UserRow, _client: httpx2.AsyncClient) -> Use:
    value_id = await _verification(tools, user)
    name = attempt_of(tools, VERIFY, value_id)
    return Use(f"/v1/email-verifications/{name}/answers", {"code": code_of(tools, VERIFY, value_id)}, 204)


async def _recovery(tools: Tools) -> tuple[str, Any]:
    async with tools.writing(operator()) as tx:
        attempt = await ask_recovery(tx, "ada@example.com")
    return attempt, id_in_attempt(tools, RECOVERY, attempt)


async def recovery_link(tools: Tools, _user: UserRow, _client: httpx2.AsyncClient) -> Use:
    attempt, value_id = await _recovery(tools)
    body = {"token": link_of(tools, RECOVERY, value_id), "new_password": "quite another sentence 7"}
    return Use(f"/v1/recovery/{attempt}/answers", body, 204)


async def recovery_code(tools: Tools, _user: UserRow, _client: httpx2.AsyncClient) -> Use:
    attempt, value_id = await _recovery(tools)
    body = {"code": code_of(tools, RECOVERY, value_id), "new_password": "quite another sentence 7"}
    return Use(f"/v1/recovery/{attempt}/answers", body, 204)


async def invitation(tools: Tools, _user: UserRow, _client: httpx2.AsyncClient) -> Use:
    async with tools.writing(operator()) as tx:
        made = await invite(tx, "guest@example.com", by_mail=False)
    body = {
        "email": "guest@example.com",
        "password": PASSWORD,
        "invitation": (made.link or "").partition("token=")[2],
    }
    return Use("/v1/sign-up", body, 201)


def notice_link(kind: Kind) -> Callable[[Tools, UserRow, httpx2.AsyncClient], Awaitable[Use]]:
    async def make(tools: Tools, user: UserRow, _client: httpx2.AsyncClient) -> Use:
        async with tools.writing(operator()) as tx:
            row = await primary_address(tx, user.id)
            assert row is not None
            data = {"email": row.id.hex, "address": row.address, "key": row.address_key, "replaced_by": row.id.hex}
            from datetime import timedelta

            value_id = await make_value(tx, kind, user_id=user.id, data=data, lifetime=timedelta(hours=1))
        return Use("/v1/links", {"token": link_of(tools, kind, value_id)}, 200)

    return make


def signing_in(method: str, kind: Kind) -> Callable[[Tools, UserRow, httpx2.AsyncClient], Awaitable[Use]]:
    async def make(tools: Tools, _user: UserRow, client: httpx2.AsyncClient) -> Use:
        from uuid import UUID

        from doorward.domain.sign_in.attempts import take_try

        begun = (await client.post("/v1/sign-in", json={"identifier": "ada@example.com"})).json()
        path = f"/v1/sign-in/{begun['attempt']}/answers"
        chosen = await client.post(path, json={"answers": {"method": method}})
        assert chosen.status_code == 200, chosen.text
        async with tools.writing(operator()) as tx:
            memory = (await take_try(tx, begun["attempt"])).memory[method]
        code = code_of(tools, kind, UUID(hex=memory["value"]))
        return Use(path, {"answers": {method: code}}, 200)

    return make


USES = {
    "verification link": verification_link,
    "verification code": verification_code,
    "recovery link": recovery_link,
    "recovery code": recovery_code,
    "invitation": invitation,
    "lockdown link": notice_link(LOCKDOWN),
    "undo link": notice_link(UNDO),
    "email code": signing_in("email_code", CODE),
    "magic link": signing_in("magic_link", LINK),
}


@pytest.mark.parametrize("use", USES)
async def test_fifty_at_once_use_it_once(
    own_database_url: str, pair: tuple[Tools, Tools], clients: Clients, use: str
) -> None:
    for tools in pair:
        tools.mailer = ConsoleMailer()
        changed(tools, EmailCodeSettings, mode="first", tries=20)
        changed(tools, MagicLinkSettings, mode="first", tries=20)
    user = await make_user(pair[0], email_verified=use not in {"verification link", "verification code"})
    right = await USES[use](pair[0], user, clients[0])
    answers = await asyncio.gather(
        *(clients[number % 2].post(right.path, json=right.body) for number in range(AT_ONCE))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(right.won) == 1, sorted(statuses)
    assert all(status == right.won or 400 <= status < 500 for status in statuses), sorted(statuses)
    again = await clients[1].post(right.path, json=right.body)
    assert 400 <= again.status_code < 500
    spent = await rows(own_database_url, "SELECT count(*) FROM one_time_values WHERE spent_at IS NOT NULL")
    assert spent[0][0] >= 1
    if use.startswith("recovery"):
        assert (await rows(own_database_url, "SELECT count(*) FROM events WHERE type = 'account.recovered'"))[0][0] == 1
