"""`doorward user email`: the addresses of a user, one of which is the primary one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from doorward.surfaces.cli.arguments import AsJson, WhichUser, Yes
from doorward.surfaces.cli.ask import confirm
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.run import read_on, write_on
from doorward.surfaces.cli.show import print_fields, print_json, print_line, print_list

if TYPE_CHECKING:
    from doorward.domain.users.store import EmailRow, UserRow
    from doorward.infra.database.unit_of_work import Tx

commands: Final = Commands("See and change the email addresses of a user.")

_WhichAddress = Annotated[str, typer.Argument(metavar="ADDRESS", help="The address, or its id (eml_…).")]


@commands.command("list")
def list_(user: WhichUser, *, as_json: AsJson = False) -> None:
    """List the addresses of a user, oldest first."""
    from doorward.domain.users.emails import list_emails
    from doorward.domain.users.views import email_view

    async def use_case(tx: Tx, row: UserRow) -> list[EmailRow]:
        return await list_emails(tx, row.id)

    items = [email_view(each) for each in read_on(user, use_case)]
    print_list(items, ("id", "address", "primary", "verified_at", "created_at"), as_json=as_json)


@commands.command()
def add(
    user: WhichUser,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The new address.")],
    *,
    verified: Annotated[
        bool, typer.Option("--verified", help="You know that the address belongs to the person.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add an address to a user."""

    async def use_case(tx: Tx, row: UserRow) -> EmailRow:
        from doorward.domain.users.emails import add_email

        return await add_email(tx, row.id, address, verified=verified)

    _print_address(write_on(user, use_case), as_json=as_json)


@commands.command()
def remove(user: WhichUser, address: _WhichAddress, *, yes: Yes = False) -> None:
    """Remove an address of a user; not the primary one."""
    confirm(f"Remove {address} from {user}?", yes=yes)

    async def use_case(tx: Tx, row: UserRow) -> str:
        from doorward.domain.users.emails import remove_email

        found = await _address_named(tx, row, address)
        await remove_email(tx, row.id, found.id)
        return found.address

    print_line(f"Removed {write_on(user, use_case)}.")


@commands.command()
def verify(user: WhichUser, address: _WhichAddress, *, as_json: AsJson = False) -> None:
    """Mark an address as verified, because you know that it belongs to the person."""

    async def use_case(tx: Tx, row: UserRow) -> EmailRow:
        from doorward.domain.users.emails import verify_email

        return await verify_email(tx, row.id, (await _address_named(tx, row, address)).id)

    _print_address(write_on(user, use_case), as_json=as_json)


@commands.command("make-primary")
def make_primary(user: WhichUser, address: _WhichAddress, *, as_json: AsJson = False) -> None:
    """Make an address the primary one. The one before is told, with a link that takes it back."""

    async def use_case(tx: Tx, row: UserRow) -> EmailRow:
        from doorward.domain.users import emails

        return await emails.make_primary(tx, row.id, (await _address_named(tx, row, address)).id)

    _print_address(write_on(user, use_case), as_json=as_json)


async def _address_named(tx: Tx, row: UserRow, name: str) -> EmailRow:
    """The address of a user that somebody names by id or in any spelling. Raises EmailNotFound."""
    from doorward.domain.users.emails import list_emails
    from doorward.domain.users.problems import EmailNotFound
    from doorward.domain.users.rules.email_address import email_key
    from doorward.kernel.ids import EMAIL, encode

    key = email_key(name)
    for each in await list_emails(tx, row.id):
        if name == encode(EMAIL, each.id) or each.address_key == key:
            return each
    raise EmailNotFound


def _print_address(row: EmailRow, *, as_json: bool) -> None:
    from doorward.domain.users.views import email_view

    if as_json:
        print_json(email_view(row))
    else:
        print_fields(dict(email_view(row)))
