"""Roles are made, changed and removed at run time, by those who hold what is in them."""

from __future__ import annotations

import pytest

from doorward.domain.roles.manage import (
    change_role,
    create_role,
    delete_role,
    ensure_built_in,
    list_permissions,
    list_roles,
    show_role,
)
from doorward.domain.roles.problems import RoleBuiltIn, RoleExists, RoleNotFound
from doorward.domain.roles.views import role_view
from doorward.domain.users.grant import grant_role, list_roles_of
from doorward.features import FEATURES
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.problem import Forbidden, InvalidInput, Unauthenticated
from tests.make.actors import as_user, logged
from tests.make.people import make_user

pytestmark = pytest.mark.integration


async def test_has_three_roles_from_the_start_and_puts_them_back_without_harm(tools: Tools) -> None:
    async with tools.writing(operator()) as tx:
        await ensure_built_in(tx)
        rows = await list_roles(tx)
    assert [(row.name, row.built_in) for row in rows] == [("admin", True), ("member", True), ("support", True)]
    assert role_view(rows[0])["permissions"] == ["*"]
    assert role_view(rows[1])["permissions"] == ["me:read", "me:write"]


async def test_makes_changes_and_removes_a_role(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        made = await create_role(tx, name="auditor", description="Looks.", permissions=["users:read", "events:read"])
        assert await show_role(tx, "auditor") == made
        await grant_role(tx, ada.id, "auditor")
        assert role_view(made)["permissions"] == ["events:read", "users:read"]
        described = await change_role(tx, "auditor", description="Looks closely.")
        assert described == await show_role(tx, "auditor")
        assert (described.description, described.permissions) == ("Looks closely.", made.permissions)
        emptied = await change_role(tx, "auditor", permissions=[])
        assert role_view(emptied)["permissions"] == role_view(await show_role(tx, "auditor"))["permissions"] == []
        await delete_role(tx, "auditor")
        assert await list_roles_of(tx, ada.id) == []
        with pytest.raises(RoleNotFound):
            await show_role(tx, "auditor")
    names = [event.type for event in await logged(tools)]
    assert names[-5:] == ["role.created", "role.granted", "role.changed", "role.changed", "role.deleted"]


async def test_refuses_a_taken_name_and_leaves_built_in_roles_alone(tools: Tools) -> None:
    for name in ("admin", "support"):
        with pytest.raises(RoleExists):
            async with tools.writing(operator()) as tx:
                await create_role(tx, name=name)
        with pytest.raises(RoleBuiltIn):
            async with tools.writing(operator()) as tx:
                await change_role(tx, name, permissions=[])
        with pytest.raises(RoleBuiltIn):
            async with tools.writing(operator()) as tx:
                await delete_role(tx, name)
    for verb in (change_role, delete_role):
        with pytest.raises(RoleNotFound):
            async with tools.writing(operator()) as tx:
                await verb(tx, "no-such")


@pytest.mark.parametrize("name", ["", "a", "A", "1a", "a b", "a/b", "a" * 65, "é", "a\n", "-a", "ａｂ"])
async def test_refuses_a_bad_name(tools: Tools, name: str) -> None:
    async with tools.writing(operator()) as tx:
        with pytest.raises(InvalidInput) as refused:
            await create_role(tx, name=name)
    assert refused.value.errors[0].pointer == "/name"


async def test_points_at_each_permission_that_there_is_not(tools: Tools) -> None:
    async with tools.writing(operator()) as tx:
        with pytest.raises(InvalidInput) as refused:
            await create_role(tx, name="x-y", permissions=["users:read", "users:fly", "users:read", "", "users:read "])
    assert [error.pointer for error in refused.value.errors] == ["/permissions/1", "/permissions/3", "/permissions/4"]


async def test_lets_nobody_hand_out_or_take_away_more_than_they_hold(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        await create_role(tx, name="powerful", permissions=["users:delete"])
    writer = as_user(ada, "roles:write", "users:read")
    async with tools.writing(writer) as tx:
        await create_role(tx, name="mine", permissions=["users:read"])
    for attempt in (
        lambda tx: create_role(tx, name="more", permissions=["users:delete"]),
        lambda tx: create_role(tx, name="all", permissions=["*"]),
        lambda tx: change_role(tx, "mine", permissions=["users:delete"]),
        lambda tx: change_role(tx, "powerful", permissions=[]),
        lambda tx: change_role(tx, "powerful", description="x"),
        lambda tx: delete_role(tx, "powerful"),
    ):
        with pytest.raises(Forbidden):
            async with tools.writing(writer) as tx:
                await attempt(tx)
    async with tools.writing(writer) as tx:
        await delete_role(tx, "mine")


async def test_lists_every_permission_of_every_feature(tools: Tools) -> None:
    async with tools.reading(operator()) as tx:
        listed = [each.name for each in list_permissions(tx)]
    defined = {each.name for feature in FEATURES for each in feature.permissions}
    assert set(listed) == defined | {"*"}
    assert listed == sorted(listed)


async def test_asks_for_the_permissions(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(as_user(ada, "roles:read")) as tx:
        assert len(await list_roles(tx)) == 3
        for verb in (create_role(tx, name="xx"), change_role(tx, "support"), delete_role(tx, "support")):
            with pytest.raises(Forbidden):
                await verb
    async with tools.reading(anonymous()) as tx:
        with pytest.raises(Unauthenticated):
            await list_roles(tx)
        with pytest.raises(Unauthenticated):
            list_permissions(tx)
