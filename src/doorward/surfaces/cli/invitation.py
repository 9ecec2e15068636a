"""`doorward user invite`, `invitations` and `uninvite`: people who may make an account, and the links by which they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from doorward.surfaces.cli.arguments import AsJson, Cursor, Limit
from doorward.surfaces.cli.run import read, write
from doorward.surfaces.cli.show import note, print_fields, print_json, print_line, print_list

if TYPE_CHECKING:
    from doorward.domain.invitations.invite import Invited
    from doorward.domain.invitations.store import InvitationRow
    from doorward.infra.database.unit_of_work import Tx
    from doorward.kernel.page import Page


def invite(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whom to invite.")],
    *,
    role: Annotated[
        list[str] | None, typer.Option(metavar="ROLE", help="A role to grant; may be given several times.")
    ] = None,
    locale: Annotated[str | None, typer.Option(help="The language of the mail, such as de.")] = None,
    without_mail: Annotated[
        bool, typer.Option("--without-mail", help="Send none; print the link, to hand over by hand.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Invite somebody by mail to make an account. An earlier invitation to the same address ends."""

    async def use_case(tx: Tx) -> Invited:
        from doorward.domain.invitations import invite as inviting

        return await inviting.invite(tx, email, roles=role or (), locale=locale, by_mail=not without_mail)

    from doorward.domain.invitations.views import invitation_view

    made = write(use_case)
    view = invitation_view(made.row, made.link)
    if as_json:
        print_json(view)
        return
    print_fields(dict(view))
    if made.link is not None and not without_mail:
        note("No mail is set up here: hand the link over by hand.")


def invitations(
    *,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """List open invitations, newest first."""

    async def use_case(tx: Tx) -> Page[InvitationRow]:
        from doorward.domain.invitations.invite import list_invitations

        return await list_invitations(tx, limit=limit, cursor=cursor)

    from doorward.domain.invitations.views import invitation_view

    page = read(use_case)
    items: list[Any] = [invitation_view(row) for row in page.items]
    print_list(items, ("id", "email", "roles", "expires_at"), as_json=as_json, next_cursor=page.next_cursor)


def uninvite(
    invitation: Annotated[str, typer.Argument(metavar="INVITATION", help="The invitation's id (inv_…).")],
) -> None:
    """Take an invitation back."""

    async def use_case(tx: Tx) -> None:
        from doorward.domain.invitations.invite import revoke_invitation
        from doorward.kernel.ids import INVITATION, find

        await revoke_invitation(tx, find(INVITATION, invitation))

    write(use_case)
    print_line("The invitation was taken back.")
