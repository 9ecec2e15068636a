"""Who is asking: the token in full, and session and account as they are at this moment."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from doorward.domain.access.authenticate import authenticate_cookie, authenticate_token
from doorward.domain.access.settings import TokensSettings
from doorward.domain.keys.ring import KeyRing
from doorward.domain.roles.manage import change_role, create_role
from doorward.domain.sessions.end import end_sessions
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete
from doorward.domain.users.delete import delete_user, erase_user, restore_user
from doorward.domain.users.grant import grant_role, revoke_role
from doorward.domain.users.suspend import reinstate_user, suspend_user
from doorward.infra.crypto.signing import Signer, new_signing_key
from doorward.infra.database.connect import sqlite_path
from doorward.infra.tools import Tools
from doorward.kernel.actor import Origin, anonymous, operator
from doorward.kernel.ids import SESSION, USER, encode, new_id
from doorward.kernel.problem import Unauthenticated
from tests.make.actors import ORIGIN
from tests.make.databases import open_for_test
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed, make_tools

pytestmark = pytest.mark.integration


async def signed_in(tools: Tools, kind: str = "token") -> Complete:
    async with tools.writing(anonymous()) as tx:
        outcome = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD, kind=kind)  # type: ignore[arg-type]
    assert isinstance(outcome, Complete)
    return outcome


async def is_in(tools: Tools, outcome: Complete) -> bool:
    try:
        if outcome.cookie is not None:
            await authenticate_cookie(tools, outcome.cookie, Origin())
        else:
            await authenticate_token(tools, outcome.access_token or "", Origin())
    except Unauthenticated:
        return False
    return True


async def test_knows_the_account_the_session_and_the_permissions(tools: Tools) -> None:
    ada = await make_user(tools, roles=["support"])
    outcome = await signed_in(tools)
    identity = await authenticate_token(tools, outcome.access_token or "", ORIGIN)
    assert (identity.actor.user_id, identity.actor.session_id) == (ada.id, outcome.session.id)
    assert identity.actor.permissions == {
        "me:read",
        "me:write",
        "users:read",
        "users:suspend",
        "sessions:read",
        "sessions:end",
        "roles:read",
        "events:read",
    }
    assert identity.actor.origin == ORIGIN
    assert identity.user == outcome.user


async def test_sees_a_change_of_permissions_at_once(tools: Tools) -> None:
    ada = await make_user(tools)
    token = (await signed_in(tools)).access_token or ""

    async def may(name: str) -> bool:
        return name in (await authenticate_token(tools, token, Origin())).actor.permissions

    async with tools.writing(operator()) as tx:
        await create_role(tx, name="reader", permissions=["users:read"])
        await grant_role(tx, ada.id, "reader")
    assert await may("users:read")
    async with tools.writing(operator()) as tx:
        await change_role(tx, "reader", permissions=["events:read"])
    assert (await may("users:read"), await may("events:read")) == (False, True)
    async with tools.writing(operator()) as tx:
        await revoke_role(tx, ada.id, "reader")
    assert not await may("events:read")


@pytest.mark.parametrize("kind", ["token", "cookie"])
async def test_shuts_out_at_once_and_for_good(tools: Tools, kind: str) -> None:
    ada = await make_user(tools)
    for harm, undo in [(suspend_user, reinstate_user), (delete_user, restore_user)]:
        outcome = await signed_in(tools, kind)
        assert await is_in(tools, outcome)
        async with tools.writing(operator()) as tx:
            await harm(tx, ada.id)
        assert not await is_in(tools, outcome)
        async with tools.writing(operator()) as tx:
            await undo(tx, ada.id)
        # Being let in again needs a new sign-in.
        assert not await is_in(tools, outcome)
    outcome = await signed_in(tools, kind)
    async with tools.writing(operator()) as tx:
        await end_sessions(tx, user_id=ada.id, reason="revoked")
    assert not await is_in(tools, outcome)
    outcome = await signed_in(tools, kind)
    async with tools.writing(operator()) as tx:
        await erase_user(tx, ada.id)
    assert not await is_in(tools, outcome)


@pytest.mark.parametrize("kind", ["token", "cookie"])
async def test_ends_with_idleness_and_at_the_latest_time(tools: Tools, kind: str) -> None:
    changed(tools, SessionsSettings, idle_seconds=300, absolute_seconds=700, access_token_seconds=86400)
    await make_user(tools)
    idle, used = await signed_in(tools, kind), await signed_in(tools, kind)
    for seconds in (200, 200, 200):
        tools.clock.advance(seconds=seconds)  # type: ignore[attr-defined]
        assert await is_in(tools, used)
    assert not await is_in(tools, idle)
    tools.clock.advance(seconds=110)  # type: ignore[attr-defined]
    assert not await is_in(tools, used)


async def test_writes_the_last_use_down_once_a_minute(tools: Tools) -> None:
    await make_user(tools)
    token = (await signed_in(tools)).access_token or ""
    first = (await authenticate_token(tools, token, Origin())).session.last_used_at
    tools.clock.advance(seconds=59)  # type: ignore[attr-defined]
    await authenticate_token(tools, token, Origin())
    assert (await authenticate_token(tools, token, Origin())).session.last_used_at == first
    tools.clock.advance(seconds=1)  # type: ignore[attr-defined]
    await authenticate_token(tools, token, Origin())
    assert (await authenticate_token(tools, token, Origin())).session.last_used_at > first


async def test_lets_people_in_while_nothing_can_be_written(own_database_url: str, database_name: str) -> None:
    if database_name != "sqlite":
        pytest.skip("only SQLite has one writer for everybody")
    database = open_for_test(own_database_url, busy_timeout_seconds=0.2)
    tools = await make_tools(database)
    await make_user(tools)
    token = (await signed_in(tools)).access_token or ""
    other = sqlite3.connect(sqlite_path(own_database_url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        tools.clock.advance(seconds=90)  # type: ignore[attr-defined]
        assert (await authenticate_token(tools, token, Origin())).user.email == "ada@example.com"
    finally:
        other.close()
        tools.hashing.close()
        await database.close()


def claims_of(tools: Tools, outcome: Complete, **changed_claims: Any) -> dict[str, Any]:
    now = int(tools.clock.now().timestamp())
    settings = tools.section(TokensSettings)
    claims = {
        "iss": settings.issuer,
        "sub": encode(USER, outcome.user.id),
        "aud": settings.audience,
        "exp": now + 60,
        "iat": now,
        "jti": "x",
        "sid": encode(SESSION, outcome.session.id),
        "client_id": "doorward",
        "auth_time": now,
        "amr": ["pwd"],
    } | changed_claims
    return {name: value for name, value in claims.items() if value is not None}


async def signer_of(tools: Tools) -> Signer:
    held = tools.hold(KeyRing)
    await held.refresh(tools.reader(operator()))
    return held.signer(tools.clock.now())


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"exp": 1},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"iat": 9_999_999_999},
        {"nbf": 9_999_999_999},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sid": None},
        {"sid": ""},
        {"sid": 7},
        {"sid": "ses_00000000000000000000000000"},
        {"sid": "usr_00000000000000000000000000"},
        {"client_id": None},
    ],
    ids=str,
)
async def test_refuses_our_own_signature_over_wrong_claims(tools: Tools, wrong: dict[str, Any]) -> None:
    await make_user(tools)
    outcome = await signed_in(tools)
    signer = await signer_of(tools)
    assert await authenticate_token(tools, signer.sign(claims_of(tools, outcome), "at+jwt"), Origin())
    with pytest.raises(Unauthenticated):
        await authenticate_token(tools, signer.sign(claims_of(tools, outcome, **wrong), "at+jwt"), Origin())


async def test_refuses_another_kind_of_token_and_another_key(tools: Tools) -> None:
    await make_user(tools)
    outcome = await signed_in(tools)
    claims = claims_of(tools, outcome)
    signer = await signer_of(tools)
    foreign = Signer(new_signing_key("ES256"))
    for token in (
        signer.sign(claims, "JWT"),
        signer.sign(claims, "id+jwt"),
        foreign.sign(claims, "at+jwt"),
        outcome.refresh_token or "",
        "",
        ".",
        "..",
        "a.b.c",
        "x" * 100_000,
        "ü",
    ):
        with pytest.raises(Unauthenticated) as refused:
            await authenticate_token(tools, token, Origin())
        assert 'error="invalid_token"' in dict(refused.value.headers)["www-authenticate"]


async def test_refuses_a_token_that_names_another_user_than_its_session(tools: Tools) -> None:
    await make_user(tools)
    outcome = await signed_in(tools)
    token = (await signer_of(tools)).sign(claims_of(tools, outcome, sub=encode(USER, new_id())), "at+jwt")
    with pytest.raises(Unauthenticated):
        await authenticate_token(tools, token, Origin())


@pytest.mark.parametrize("secret", ["", "x", "ü" * 100, "x" * 5000])
async def test_refuses_made_up_cookies(tools: Tools, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        await authenticate_cookie(tools, secret, Origin())


async def test_refuses_the_secret_of_a_token_session_as_a_cookie(tools: Tools) -> None:
    await make_user(tools)
    outcome = await signed_in(tools)
    with pytest.raises(Unauthenticated):
        await authenticate_cookie(tools, outcome.refresh_token or "", Origin())


async def test_answers_many_at_once(committing_tools: Tools) -> None:
    tools = committing_tools
    await make_user(tools)
    token = (await signed_in(tools)).access_token or ""
    tools.clock.advance(seconds=int(timedelta(seconds=61).total_seconds()))  # type: ignore[attr-defined]
    found = await asyncio.gather(*(authenticate_token(tools, token, Origin()) for _ in range(20)))
    assert len({identity.user.id for identity in found}) == 1
