"""Deleting for a time of grace, restoring, and erasing until nothing personal is left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from doorward.domain.sessions.list import open_sessions
from doorward.domain.sessions.start import start_session
from doorward.domain.users import delete as module
from doorward.domain.users.delete import delete_me, delete_user, erase_user, purge_users, restore_user
from doorward.domain.users.find import show_user
from doorward.domain.users.problems import LastAdministrator, RestoreWindowOver, UserNotDeleted, UserNotFound
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.suspend import suspend_user
from doorward.infra.database.base import metadata
from doorward.infra.database.statement import Query
from doorward.infra.outbox.tables import jobs
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator, system
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden
from tests.make.actors import as_user, logged
from tests.make.people import make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration


async def test_deletes_for_a_time_of_grace_and_ends_the_sessions(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await start_session(tx, user_id=ada.id, kind="token", methods=["pwd"])
    async with tools.writing(operator()) as tx:
        row = await delete_user(tx, ada.id)
        assert row.purge_at == tx.now + timedelta(days=30)
        assert (row.status, row.deleted_at) == ("deleted", tx.now)
        assert await open_sessions(tx, ada.id) == []
        assert await delete_user(tx, ada.id) == row
    assert len(await logged(tools, user_id=ada.id, type_="user.deleted")) == 1


async def test_keeps_the_name_of_a_deleted_user_taken(tools: Tools) -> None:
    from doorward.domain.users.problems import EmailTaken

    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, ada.id)
    with pytest.raises(EmailTaken):
        await make_user(tools)


@pytest.mark.parametrize("suspended", [False, True])
async def test_restores_as_it_was(tools: Tools, *, suspended: bool) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        before = await suspend_user(tx, ada.id, reason="abuse") if suspended else ada
    async with tools.writing(operator()) as tx:
        await delete_user(tx, ada.id)
        row = await restore_user(tx, ada.id)
    assert row._replace(version=0, updated_at=row.created_at) == before._replace(version=0, updated_at=row.created_at)
    assert len(await logged(tools, user_id=ada.id, type_="user.restored")) == 1


async def test_refuses_to_restore_what_is_not_deleted_or_too_late(tools: Tools) -> None:
    ada = await make_user(tools)
    with pytest.raises(UserNotDeleted):
        async with tools.writing(operator()) as tx:
            await restore_user(tx, ada.id)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, ada.id)
    tools.clock.advance(days=30)  # type: ignore[attr-defined]
    with pytest.raises(RestoreWindowOver):
        async with tools.writing(operator()) as tx:
            await restore_user(tx, ada.id)
    with pytest.raises(UserNotFound):
        async with tools.writing(operator()) as tx:
            await restore_user(tx, new_id())


async def test_deletes_ones_own_account(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(as_user(ada)) as tx:
        assert (await delete_me(tx)).status == "deleted"
    with pytest.raises(UserNotFound):
        async with tools.writing(operator()) as tx:
            await delete_me(tx)


async def test_keeps_the_last_administrator(tools: Tools) -> None:
    root = await make_user(tools, "root@example.com", roles=["admin"])
    for actor, verb in [(operator(), delete_user), (operator(), erase_user)]:
        with pytest.raises(LastAdministrator):
            async with tools.writing(actor) as tx:
                await verb(tx, root.id)
    with pytest.raises(LastAdministrator):
        async with tools.writing(as_user(root, "*")) as tx:
            await delete_me(tx)


async def test_refuses_those_who_may_do_less(tools: Tools) -> None:
    root = await make_user(tools, "root@example.com", roles=["admin"])
    await make_user(tools, "second@example.com", roles=["admin"])
    ada = await make_user(tools)
    remover = as_user(ada, "users:delete")
    for verb in (delete_user, erase_user):
        with pytest.raises(Forbidden):
            async with tools.writing(remover) as tx:
                await verb(tx, root.id)
        with pytest.raises(Forbidden):
            async with tools.writing(as_user(ada)) as tx:
                await verb(tx, ada.id)
    async with tools.writing(operator()) as tx:
        await delete_user(tx, root.id)
    with pytest.raises(Forbidden):
        async with tools.writing(remover) as tx:
            await restore_user(tx, root.id)


async def everything_stored(tools: Tools) -> str:
    """Every value of every table, as text."""
    found: list[Any] = []
    async with tools.reading(operator()) as tx:
        for table in metadata.sorted_tables:
            found.extend(await tx.db.all(Query(select(*table.columns), tuple)))  # type: ignore[type-var]
    return repr(found)


async def test_erases_everything_personal_and_keeps_the_log_whole(tools: Tools) -> None:
    ada = await make_user(tools, "erase-me@example.com", username="erasable", name="Erasa Ble", external_id="ext-erase")
    bob = await make_user(tools, "bob@example.com", roles=["admin"])
    async with tools.writing(as_user(ada)) as tx:
        await start_session(tx, user_id=ada.id, kind="token", methods=["pwd"])
    async with tools.writing(as_user(ada, "users:suspend")) as tx:
        # What she did to others carries her address too.
        other = await make_user(tools, "other@example.com")
        await suspend_user(tx, other.id, reason="because")
    async with tools.writing(as_user(bob, "*")) as tx:
        await suspend_user(tx, ada.id, reason="erase-me@example.com was rude")
    before = [(event.id, event.type, event.data) for event in await logged(tools)]
    assert "erase-me" in await everything_stored(tools)
    async with tools.writing(as_user(bob, "*")) as tx:
        await erase_user(tx, ada.id)
    after = await logged(tools)
    assert [(event.id, event.type, event.data) for event in after][:-1] == before
    assert after[-1].type == "user.erased"
    assert all(event.person is None for event in after if event.user_id == ada.id and event.type != "user.erased")
    text = await everything_stored(tools)
    for trace in ("erase-me", "erasable", "Erasa", "ext-erase"):
        assert trace not in text
    with pytest.raises(UserNotFound):
        async with tools.reading(operator()) as tx:
            await show_user(tx, ada.id)
    await make_user(tools, "erase-me@example.com", username="erasable")


async def test_purges_those_whose_grace_is_over_and_nobody_else(tools: Tools) -> None:
    gone = await make_user(tools, "gone@example.com")
    kept = await make_user(tools, "kept@example.com")
    back = await make_user(tools, "back@example.com")
    async with tools.writing(operator()) as tx:
        await delete_user(tx, gone.id)
        await delete_user(tx, back.id)
    tools.clock.advance(days=15)  # type: ignore[attr-defined]
    async with tools.writing(operator()) as tx:
        await delete_user(tx, kept.id)
        await restore_user(tx, back.id)
    tools.clock.advance(days=15)  # type: ignore[attr-defined]
    for _ in range(2):
        async with tools.writing(system()) as tx:
            await purge_users(tx, {})
    async with tools.reading(operator()) as tx:
        with pytest.raises(UserNotFound):
            await show_user(tx, gone.id)
        assert (await show_user(tx, kept.id)).status == "deleted"
        assert (await show_user(tx, back.id)).status == "active"
    assert len(await logged(tools, user_id=gone.id, type_="user.erased")) == 1


async def test_goes_on_purging_at_once_when_one_batch_was_not_enough(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    changed(tools, UsersSettings, deletion_grace_days=0)
    for number in range(3):
        user = await make_user(tools, f"u{number}@example.com", password=None)
        async with tools.writing(operator()) as tx:
            await delete_user(tx, user.id)
    waiting = Query(select(jobs.c.kind), tuple[str])
    async with tools.writing(system()) as tx:
        await purge_users(tx, {})
    async with tools.writing(system()) as tx:
        assert [each for (each,) in await tx.db.all(waiting)] == [module.JOB]
