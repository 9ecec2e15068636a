"""Sessions as their owner and as administrators see and end them."""

from __future__ import annotations

import pytest

from doorward.domain.sessions.problems import SessionNotFound
from doorward.domain.sessions.start import start_session
from doorward.domain.sessions.store import SessionRow
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.sessions import end_session_of, end_sessions_of, list_sessions_of
from doorward.domain.users.store import UserRow
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden, Unauthenticated
from tests.make.actors import as_user, logged
from tests.make.people import make_user

pytestmark = pytest.mark.integration


async def begun(tools: Tools, user: UserRow) -> SessionRow:
    async with tools.writing(as_user(user)) as tx:
        return (await start_session(tx, user_id=user.id, kind="token", methods=["pwd"])).session


async def test_lists_open_sessions_newest_first(tools: Tools) -> None:
    ada, bob = await make_user(tools), await make_user(tools, "bob@example.com")
    first, second = await begun(tools, ada), await begun(tools, ada)
    await begun(tools, bob)
    async with tools.reading(as_user(ada)) as tx:
        assert await list_sessions_of(tx, ada.id) == [second, first]


async def test_ends_one_and_names_the_reason(tools: Tools) -> None:
    ada = await make_user(tools)
    first, second = await begun(tools, ada), await begun(tools, ada)
    async with tools.writing(as_user(ada, session_id=first.id)) as tx:
        await end_session_of(tx, ada.id, second.id)
        await end_session_of(tx, ada.id, first.id)
        with pytest.raises(SessionNotFound):
            await end_session_of(tx, ada.id, first.id)
    assert [event.data["reason"] for event in await logged(tools, type_="session.ended")] == ["revoked", "signed-out"]


async def test_ends_all_others(tools: Tools) -> None:
    ada = await make_user(tools)
    sessions = [await begun(tools, ada) for _ in range(3)]
    async with tools.writing(as_user(ada)) as tx:
        assert await end_sessions_of(tx, ada.id, except_id=sessions[1].id) == 2
        assert await list_sessions_of(tx, ada.id) == [sessions[1]]
    async with tools.writing(operator()) as tx:
        assert await end_sessions_of(tx, ada.id) == 1
        assert await end_sessions_of(tx, ada.id) == 0


async def test_never_ends_the_session_of_another(tools: Tools) -> None:
    ada, bob = await make_user(tools), await make_user(tools, "bob@example.com")
    root = await make_user(tools, "root@example.com", roles=["admin"])
    session, roots = await begun(tools, bob), await begun(tools, root)
    helper = as_user(ada, "sessions:end", "sessions:read")
    for actor, user, target, problem in [
        (as_user(ada), ada, session, SessionNotFound),
        (as_user(ada), bob, session, Forbidden),
        (anonymous(), bob, session, Unauthenticated),
        (helper, root, roots, Forbidden),
    ]:
        with pytest.raises(problem):
            async with tools.writing(actor) as tx:
                await end_session_of(tx, user.id, target.id)
    with pytest.raises(Forbidden):
        async with tools.writing(helper) as tx:
            await end_sessions_of(tx, root.id)
    async with tools.writing(helper) as tx:
        assert len(await list_sessions_of(tx, root.id)) == 1
        await end_session_of(tx, bob.id, session.id)
        with pytest.raises(UserNotFound):
            await list_sessions_of(tx, new_id())
        with pytest.raises(UserNotFound):
            await end_sessions_of(tx, new_id())
