"""Refresh tokens: each is exchanged once, repeated within the grace time, and never used again after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select, update

from doorward.domain.access.refresh import refresh_tokens
from doorward.domain.access.store import REFRESHING
from doorward.domain.sessions.end import end_sessions
from doorward.domain.sessions.list import open_sessions
from doorward.domain.sessions.problems import RefreshTokenInvalid, RefreshTokenReuse
from doorward.domain.sessions.refresh_token import RefreshToken, first_token, read_token, write_token
from doorward.domain.sessions.rotate import answer_spent
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sessions.start import Started, start_session
from doorward.domain.sessions.tables import sessions
from doorward.domain.users.store import UserRow
from doorward.domain.users.suspend import suspend_user
from doorward.domain.users.tables import users
from doorward.infra.crypto.sealing import Sealer
from doorward.infra.crypto.tokens import Stamper
from doorward.infra.database.statement import Command, Query
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.ids import new_id
from tests.make.actors import ORIGIN, logged
from tests.make.people import make_user
from tests.make.tools import SECRET, changed

pytestmark = pytest.mark.integration

# Only the state, as if the sessions had been overlooked.
_STATUS = Command(
    update(users)
    .where(users.c.id == bindparam("id"))
    .values(status=bindparam("status"), suspended_until=bindparam("until"))
)


async def begun(tools: Tools, user: UserRow, kind: str = "token") -> Started:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return await start_session(tx, user_id=user.id, kind=kind, methods=["pwd"])  # type: ignore[arg-type]


async def exchanged(tools: Tools, token: str) -> str:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        return (await refresh_tokens(tx, token)).refresh_token


async def is_open(tools: Tools, user: UserRow) -> bool:
    async with tools.reading(operator()) as tx:
        return bool(await open_sessions(tx, user.id))


async def test_gives_a_successor_each_time(tools: Tools) -> None:
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    seen = {token}
    for _ in range(4):
        tools.clock.advance(seconds=40)  # type: ignore[attr-defined]
        token = await exchanged(tools, token)
        assert token not in seen
        seen.add(token)
    events = await logged(tools, type_="session.refreshed")
    assert [event.data["generation"] for event in events] == [1, 2, 3, 4]


async def test_never_takes_an_unspent_token_for_a_reused_one(tools: Tools) -> None:
    ada = await make_user(tools)
    token = read_token(tools.stamper, (await begun(tools, ada)).secret)
    assert token is not None
    async with tools.writing(anonymous(ORIGIN)) as tx:
        found = await tx.db.first(REFRESHING, id=token.session_id)
        assert found is not None
        assert await answer_spent(tx, token, found.session) is None
    assert await is_open(tools, ada)
    assert not await logged(tools, type_="session.refresh_token_reused")


async def test_an_account_that_may_not_be_used_spends_nothing(tools: Tools) -> None:
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    async with tools.writing(operator()) as tx:
        await tx.db.run(_STATUS, id=ada.id, status="suspended", until=None)
    with pytest.raises(RefreshTokenInvalid):
        await exchanged(tools, token)
    async with tools.writing(operator()) as tx:
        # A suspension whose end has come is over, in the statement as in `is_usable`.
        await tx.db.run(_STATUS, id=ada.id, status="suspended", until=tools.clock.now())
    assert await exchanged(tools, token)


async def test_repeats_the_same_successor_within_the_grace_time(tools: Tools) -> None:
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    successor = await exchanged(tools, token)
    tools.clock.advance(seconds=29)  # type: ignore[attr-defined]
    assert await exchanged(tools, token) == successor
    assert len(await logged(tools, type_="session.refreshed")) == 1
    assert await exchanged(tools, successor) != successor


async def test_ends_the_family_when_a_token_is_used_again_later(tools: Tools) -> None:
    ada = await make_user(tools)
    other = await begun(tools, ada)
    token = (await begun(tools, ada)).secret
    successor = await exchanged(tools, token)
    tools.clock.advance(seconds=31)  # type: ignore[attr-defined]
    with pytest.raises(RefreshTokenReuse):
        await exchanged(tools, token)
    # Whoever holds the newest one is out too; other sessions are not touched.
    with pytest.raises(RefreshTokenInvalid):
        await exchanged(tools, successor)
    with pytest.raises(RefreshTokenInvalid):
        await exchanged(tools, token)
    assert await exchanged(tools, other.secret)
    assert [event.type for event in await logged(tools)][-3:-1] == [
        "session.refresh_token_reused",
        "session.ended",
    ]


async def test_takes_a_token_before_the_last_for_a_reuse_even_within_the_grace_time(tools: Tools) -> None:
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    await exchanged(tools, await exchanged(tools, token))
    with pytest.raises(RefreshTokenReuse):
        await exchanged(tools, token)
    assert not await is_open(tools, ada)


async def test_knows_no_grace_where_it_is_set_to_none(tools: Tools) -> None:
    changed(tools, SessionsSettings, refresh_grace_seconds=0)
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    await exchanged(tools, token)
    tools.clock.advance(seconds=1)  # type: ignore[attr-defined]
    with pytest.raises(RefreshTokenReuse):
        await exchanged(tools, token)


async def test_never_ends_a_session_for_a_made_up_token(tools: Tools) -> None:
    ada = await make_user(tools)
    started = await begun(tools, ada)
    genuine = read_token(tools.stamper, started.secret)
    assert genuine is not None
    other = write_token(tools.stamper, first_token(new_id()))
    for text in ("", "dwrt_", "dwrt_AAAA", started.secret[:-1], started.secret + "A", other, "x" * 5000):
        with pytest.raises(RefreshTokenInvalid):
            await exchanged(tools, text)
    assert await is_open(tools, ada)
    assert repr(started).count(started.secret) == 0


async def test_counts_use_and_time_from_signing_in(tools: Tools) -> None:
    changed(tools, SessionsSettings, idle_seconds=100, absolute_seconds=300)
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    for _ in range(3):
        tools.clock.advance(seconds=99)  # type: ignore[attr-defined]
        token = await exchanged(tools, token)
    tools.clock.advance(seconds=4)  # type: ignore[attr-defined]
    with pytest.raises(RefreshTokenInvalid):
        await exchanged(tools, token)
    assert not await is_open(tools, ada)


async def test_ends_a_session_that_is_not_used(tools: Tools) -> None:
    changed(tools, SessionsSettings, idle_seconds=100)
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    tools.clock.advance(seconds=100)  # type: ignore[attr-defined]
    with pytest.raises(RefreshTokenInvalid):
        await exchanged(tools, token)


async def test_never_lets_an_access_token_outlive_its_session(tools: Tools) -> None:
    changed(tools, SessionsSettings, absolute_seconds=300, access_token_seconds=200)
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    tools.clock.advance(seconds=250)  # type: ignore[attr-defined]
    async with tools.writing(anonymous()) as tx:
        assert (await refresh_tokens(tx, token)).expires_in <= 50


async def test_refuses_the_tokens_of_ended_sessions_and_unusable_accounts(tools: Tools) -> None:
    ada = await make_user(tools)
    ended, open_ = await begun(tools, ada), await begun(tools, ada)
    cookie = await begun(tools, ada, "cookie")
    async with tools.writing(operator()) as tx:
        await end_sessions(tx, user_id=ada.id, reason="revoked", except_id=open_.session.id)
    for secret in (ended.secret, cookie.secret):
        with pytest.raises(RefreshTokenInvalid):
            await exchanged(tools, secret)
    assert await exchanged(tools, open_.secret)
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, ada.id, until=tx.now + timedelta(seconds=5))
    with pytest.raises(RefreshTokenInvalid):
        await exchanged(tools, open_.secret)


async def test_writes_down_where_the_session_was_last_used(tools: Tools) -> None:
    ada = await make_user(tools)
    token = (await begun(tools, ada)).secret
    async with tools.writing(anonymous()) as tx:
        await refresh_tokens(tx, token)
        (session,) = await open_sessions(tx, ada.id)
    assert (session.address, session.user_agent, session.last_used_at) == (None, None, tx.now)


async def test_stores_no_secret(tools: Tools) -> None:
    ada = await make_user(tools)
    started = await begun(tools, ada)
    token = read_token(tools.stamper, started.secret)
    assert token is not None
    async with tools.reading(operator()) as tx:
        rows = await tx.db.all(Query(select(*sessions.columns), tuple))  # type: ignore[type-var]
    assert token.secret not in [value for row in rows for value in row]
    assert started.secret not in repr(rows)


def test_follows_from_the_token_and_our_key_alone() -> None:
    token = RefreshToken(new_id(), 0, b"s" * 32)
    one, other = Sealer([b"a" * 32]), Sealer([b"b" * 32])
    (mine,), (theirs,) = token.successors(one), token.successors(other)
    assert [mine] == list(token.successors(one))
    assert mine != theirs
    assert mine.generation == 1
    assert list(token.successors(Sealer([b"b" * 32, b"a" * 32]))) == [theirs, mine]


@pytest.mark.parametrize("before_and_after", ["put in front", "put behind"])
async def test_a_repeated_use_is_none_while_the_secret_of_the_installation_is_replaced(
    tools: Tools, before_and_after: str
) -> None:
    """The answer was lost, and the client asks another server, or the same one after its restart."""
    old, new = b"o" * 32, b"n" * 32
    with_old, with_new = tools_with(tools, old, new), tools_with(tools, new, old)
    first, second = (with_old, with_new) if before_and_after == "put in front" else (with_new, with_old)
    ada = await make_user(tools)
    token = (await begun(first, ada)).secret
    successor = await exchanged(first, token)
    repeated = await exchanged(second, token)
    one, again = read_token(first.stamper, successor), read_token(first.stamper, repeated)
    assert one is not None
    assert one == again
    assert await exchanged(second, repeated)
    assert await is_open(tools, ada)


def tools_with(tools: Tools, *secrets: bytes) -> Tools:
    """The same Doorward with other secrets, newest first; it can still open the signing key."""
    sealer = Sealer([*secrets, SECRET])
    return replace(tools, sealer=sealer, stamper=Stamper(sealer))
