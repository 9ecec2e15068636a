"""Suspending: out at once, back by hand or when the time comes, and never the last administrator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from doorward.domain.sessions.list import open_sessions
from doorward.domain.sessions.start import start_session
from doorward.domain.users.delete import delete_user
from doorward.domain.users.events import UserReinstated
from doorward.domain.users.find import find_user
from doorward.domain.users.gate import is_usable, pass_gate, refuse_unusable
from doorward.domain.users.problems import LastAdministrator, UserDeleted, UserNotFound, UserSuspended
from doorward.domain.users.suspend import reinstate_user, suspend_user
from doorward.infra.database.driver import OvertakenError
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden, InvalidInput
from tests.make.actors import as_user, logged
from tests.make.people import make_user

pytestmark = pytest.mark.integration


async def test_ends_every_session_and_says_so(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        for kind in ("token", "cookie"):
            await start_session(tx, user_id=ada.id, kind=kind, methods=["pwd"])  # type: ignore[arg-type]
    async with tools.writing(operator()) as tx:
        row = await suspend_user(tx, ada.id, reason="abuse")
    assert (row.status, row.suspended_reason, row.suspended_until) == ("suspended", "abuse", None)
    async with tools.reading(operator()) as tx:
        assert await open_sessions(tx, ada.id) == []
        assert not is_usable(row.status, row.suspended_until, tx.now)
    (event,) = await logged(tools, user_id=ada.id, type_="user.suspended")
    # The reason may name people, so it goes when the person goes.
    assert event.data == {"until": None}
    assert event.person is not None
    assert event.person["reason"] == "abuse"
    assert len(await logged(tools, user_id=ada.id, type_="session.ended")) == 2


async def test_ends_by_itself_when_its_time_has_come(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        until = tx.now + timedelta(hours=1)
        await suspend_user(tx, ada.id, until=until)
        suspended = await find_user(tx, ada.id)
    with pytest.raises(UserSuspended) as refused:
        refuse_unusable(suspended, tools.clock.now())
    assert "until" in refused.value.facts
    # Also for who has read the account before.
    with pytest.raises(OvertakenError):
        async with tools.writing(operator()) as tx:
            await pass_gate(tx, ada, credentials=1)
    tools.clock.advance(hours=1)  # type: ignore[attr-defined]
    async with tools.writing(operator()) as tx:
        let_in = await pass_gate(tx, suspended, credentials=1)
    assert let_in.last_sign_in_at is not None
    async with tools.reading(operator()) as tx:
        assert await find_user(tx, ada.id) == let_in


async def test_reinstates(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        assert (await reinstate_user(tx, ada.id)).version == 1
        await suspend_user(tx, ada.id, reason="x", until=tx.now + timedelta(days=1))
        row = await reinstate_user(tx, ada.id)
    assert (row.status, row.suspended_reason, row.suspended_until) == ("active", None, None)
    assert len(await logged(tools, user_id=ada.id, type_="user.reinstated")) == 1


async def test_refuses_an_end_that_is_past_or_no_moment_we_can_store(tools: Tools) -> None:
    ada = await make_user(tools)
    for until in (
        datetime(2000, 1, 1, tzinfo=UTC),
        tools.clock.now(),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    ):
        with pytest.raises(InvalidInput) as refused:
            async with tools.writing(operator()) as tx:
                await suspend_user(tx, ada.id, until=until)
        assert refused.value.errors[0].pointer == "/until"


async def test_refuses_the_last_administrator(tools: Tools) -> None:
    root = await make_user(tools, "root@example.com", roles=["admin"])
    with pytest.raises(LastAdministrator):
        async with tools.writing(operator()) as tx:
            await suspend_user(tx, root.id)
    second = await make_user(tools, "second@example.com", roles=["admin"])
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, second.id)
    # A suspended administrator cannot administer and so does not count.
    with pytest.raises(LastAdministrator):
        async with tools.writing(operator()) as tx:
            await suspend_user(tx, root.id)


async def test_refuses_deleted_and_unknown_users(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, ada.id)
    for verb in (suspend_user, reinstate_user):
        with pytest.raises(UserDeleted):
            async with tools.writing(operator()) as tx:
                await verb(tx, ada.id)
        with pytest.raises(UserNotFound):
            async with tools.writing(operator()) as tx:
                await verb(tx, new_id())


async def test_lets_support_act_on_members_only(tools: Tools) -> None:
    await make_user(tools, "root@example.com", roles=["admin"])
    other = await make_user(tools, "other@example.com", roles=["admin"])
    helper = await make_user(tools, "helper@example.com", roles=["support"])
    ada = await make_user(tools, "ada@example.com")
    support = as_user(helper, "users:suspend")
    async with tools.writing(support) as tx:
        await suspend_user(tx, ada.id)
        await reinstate_user(tx, ada.id)
    with pytest.raises(Forbidden):
        async with tools.writing(support) as tx:
            await suspend_user(tx, other.id)
    async with tools.writing(operator()) as tx:
        await suspend_user(tx, other.id, reason="the account was taken over")
    # Nor may they let one back in whom an administrator locked out.
    with pytest.raises(Forbidden):
        async with tools.writing(support) as tx:
            await reinstate_user(tx, other.id)
    with pytest.raises(Forbidden):
        async with tools.writing(as_user(ada)) as tx:
            await suspend_user(tx, helper.id)


def test_judges_every_state() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert is_usable("active", None, now)
    assert not is_usable("suspended", None, now)
    assert not is_usable("suspended", now + second, now)
    assert is_usable("suspended", now, now)
    assert not is_usable("deleted", None, now)
    assert not is_usable("deleted", now - second, now)


async def test_tells_the_state_of_an_account_that_may_not_be_used(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, ada.id)
        deleted = await find_user(tx, ada.id)
    with pytest.raises(UserDeleted):
        refuse_unusable(deleted, tools.clock.now())
    refuse_unusable(ada, tools.clock.now())
    for gone in (ada, ada._replace(id=new_id())):
        with pytest.raises(OvertakenError):
            async with tools.writing(operator()) as tx:
                await pass_gate(tx, gone, credentials=1)
                tx.emit(UserReinstated(user_id=ada.id))
    assert await logged(tools, user_id=ada.id, type_="user.reinstated") == []
