"""Granting and revoking: nobody gains more than they hold, and somebody can always administer."""

from __future__ import annotations

import pytest

from doorward.domain.roles.manage import create_role
from doorward.domain.roles.problems import RoleBuiltIn, RoleNotFound
from doorward.domain.users.administrators import has_administrator
from doorward.domain.users.delete import delete_user
from doorward.domain.users.grant import grant_role, list_roles_of, revoke_role
from doorward.domain.users.problems import LastAdministrator, UserNotFound
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.ids import new_id
from doorward.kernel.problem import Forbidden
from tests.make.actors import as_user, logged
from tests.make.people import make_user

pytestmark = pytest.mark.integration


async def test_grants_and_revokes_once(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        for _ in range(2):
            await grant_role(tx, ada.id, "support")
        assert [role.name for role in await list_roles_of(tx, ada.id)] == ["support"]
        for _ in range(2):
            await revoke_role(tx, ada.id, "support")
        assert await list_roles_of(tx, ada.id) == []
    assert [(event.type, event.data) for event in await logged(tools, user_id=ada.id)][-2:] == [
        ("role.granted", {"name": "support"}),
        ("role.revoked", {"name": "support"}),
    ]


async def test_refuses_to_give_or_take_more_than_one_holds(tools: Tools) -> None:
    await make_user(tools, "root@example.com", roles=["admin"])
    other = await make_user(tools, "other@example.com", roles=["admin", "support"])
    ada = await make_user(tools)
    granter = as_user(ada, "roles:write", "roles:read", "users:read")
    for verb, target, role in [
        (grant_role, ada, "admin"),
        (grant_role, ada, "support"),
        (revoke_role, other, "admin"),
        (revoke_role, other, "support"),
    ]:
        with pytest.raises(Forbidden):
            async with tools.writing(granter) as tx:
                await verb(tx, target.id, role)
    async with tools.writing(operator()) as tx:
        await create_role(tx, name="reader", permissions=["users:read"])
    async with tools.writing(granter) as tx:
        await grant_role(tx, ada.id, "reader")
    with pytest.raises(Forbidden):
        async with tools.writing(as_user(ada, "users:write")) as tx:
            await grant_role(tx, ada.id, "reader")
    with pytest.raises(Forbidden):
        async with tools.reading(as_user(ada)) as tx:
            await list_roles_of(tx, ada.id)


async def test_keeps_the_last_administrator(tools: Tools) -> None:
    root = await make_user(tools, "root@example.com", roles=["admin"])
    with pytest.raises(LastAdministrator):
        async with tools.writing(operator()) as tx:
            await revoke_role(tx, root.id, "admin")
    second = await make_user(tools, "second@example.com", roles=["admin"])
    async with tools.writing(operator()) as tx:
        await revoke_role(tx, root.id, "admin")
        # Again, from one who holds it no more: nothing to protect.
        await revoke_role(tx, root.id, "admin")
    with pytest.raises(LastAdministrator):
        async with tools.writing(as_user(second, "*")) as tx:
            await revoke_role(tx, second.id, "admin")


async def test_does_not_count_a_deleted_administrator(tools: Tools) -> None:
    async with tools.reading(operator()) as tx:
        assert not await has_administrator(tx)
    root = await make_user(tools, "root@example.com", roles=["admin"])
    second = await make_user(tools, "second@example.com", roles=["admin"])
    async with tools.writing(operator()) as tx:
        await delete_user(tx, second.id)
    with pytest.raises(LastAdministrator):
        async with tools.writing(operator()) as tx:
            await revoke_role(tx, root.id, "admin")
    async with tools.reading(operator()) as tx:
        assert await has_administrator(tx)


async def test_refuses_member_unknown_roles_and_unknown_users(tools: Tools) -> None:
    ada = await make_user(tools)
    for verb in (grant_role, revoke_role):
        for user_id, role, problem in [
            (ada.id, "member", RoleBuiltIn),
            (ada.id, "no-such", RoleNotFound),
            (new_id(), "support", UserNotFound),
        ]:
            with pytest.raises(problem):
                async with tools.writing(operator()) as tx:
                    await verb(tx, user_id, role)
    with pytest.raises(UserNotFound):
        async with tools.reading(operator()) as tx:
            await list_roles_of(tx, new_id())
