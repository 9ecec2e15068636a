"""`doorward role`: roles, their permissions, and who holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from doorward.surfaces.cli.arguments import AsJson, WhichUser, Yes
from doorward.surfaces.cli.ask import UsageMistake, confirm
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.run import read, user_named, write
from doorward.surfaces.cli.show import print_fields, print_json, print_line, print_table

if TYPE_CHECKING:
    from doorward.domain.roles.store import RoleRow
    from doorward.infra.database.unit_of_work import Tx
    from doorward.kernel.permission import Permission

commands: Final = Commands("Make, change, grant and revoke roles.")

_Which = Annotated[str, typer.Argument(metavar="ROLE", help="The name of the role.")]
_Permission = Annotated[
    list[str] | None,
    typer.Option(
        "--permission", "-p", metavar="PERMISSION", help="A permission, such as users:read; may be given several times."
    ),
]


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the roles."""
    from doorward.domain.roles.manage import list_roles
    from doorward.domain.roles.views import role_view

    items = [role_view(row) for row in read(list_roles)]
    if as_json:
        print_json({"items": items, "next_cursor": None, "has_more": False})
        return
    print_table(
        ["NAME", "BUILT IN", "PERMISSIONS", "DESCRIPTION"],
        [[each["name"], each["built_in"], each["permissions"], each["description"]] for each in items],
    )


@commands.command()
def show(role: _Which, *, as_json: AsJson = False) -> None:
    """Show a role."""

    async def use_case(tx: Tx) -> RoleRow:
        from doorward.domain.roles.manage import show_role

        return await show_role(tx, role)

    _print_role(read(use_case), as_json=as_json)


@commands.command()
def create(
    role: _Which,
    *,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    permission: _Permission = None,
    as_json: AsJson = False,
) -> None:
    """Make a role. `doorward role permissions` lists what it can be given."""

    async def use_case(tx: Tx) -> RoleRow:
        from doorward.domain.roles.manage import create_role

        return await create_role(tx, name=role, description=description, permissions=permission or ())

    _print_role(write(use_case), as_json=as_json)


@commands.command()
def change(
    role: _Which,
    *,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    permission: _Permission = None,
    without_permissions: Annotated[
        bool, typer.Option("--without-permissions", help="Take all permissions away.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change a role. The permissions that are given replace those it had; who holds it has them at once."""
    if permission and without_permissions:
        raise UsageMistake("Give --permission or --without-permissions, not both.")
    wanted = [] if without_permissions else permission or None
    if description is None and wanted is None:
        raise UsageMistake("Say what to change: --description, --permission or --without-permissions.")

    async def use_case(tx: Tx) -> RoleRow:
        from doorward.domain.roles.manage import change_role

        return await change_role(tx, role, description=description, permissions=wanted)

    _print_role(write(use_case), as_json=as_json)


@commands.command()
def delete(role: _Which, *, yes: Yes = False) -> None:
    """Delete a role, also from everyone who holds it."""
    confirm(f"Delete the role {role}, also from everyone who holds it?", yes=yes)

    async def use_case(tx: Tx) -> None:
        from doorward.domain.roles.manage import delete_role

        await delete_role(tx, role)

    write(use_case)
    print_line(f"Deleted the role {role}.")


@commands.command()
def grant(role: _Which, user: WhichUser) -> None:
    """Grant a role to a user."""

    async def use_case(tx: Tx) -> str:
        from doorward.domain.users.grant import grant_role

        row = await user_named(tx, user)
        await grant_role(tx, row.id, role)
        return row.email

    print_line(f"{write(use_case)} holds the role {role}.")


@commands.command()
def revoke(role: _Which, user: WhichUser) -> None:
    """Revoke a role from a user."""

    async def use_case(tx: Tx) -> str:
        from doorward.domain.users.grant import revoke_role

        row = await user_named(tx, user)
        await revoke_role(tx, row.id, role)
        return row.email

    print_line(f"{write(use_case)} does not hold the role {role}.")


@commands.command()
def permissions(*, as_json: AsJson = False) -> None:
    """List the permissions that roles can have."""

    async def use_case(tx: Tx) -> list[Permission]:
        from doorward.domain.roles.manage import list_permissions

        return list_permissions(tx)

    items = [{"name": each.name, "description": each.description} for each in read(use_case)]
    if as_json:
        print_json({"items": items, "next_cursor": None, "has_more": False})
    else:
        print_table(["NAME", "DESCRIPTION"], [[each["name"], each["description"]] for each in items])


def _print_role(row: RoleRow, *, as_json: bool) -> None:
    from doorward.domain.roles.views import role_view

    if as_json:
        print_json(role_view(row))
    else:
        print_fields(dict(role_view(row)))
