"""Invite somebody, see who is invited, and take an invitation back: by administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from doorward.domain.invitations import store
from doorward.domain.invitations.events import InvitationMade, InvitationRevoked
from doorward.domain.invitations.problems import InvitationNotFound
from doorward.domain.invitations.settings import InvitationsSettings
from doorward.domain.invitations.store import InvitationRow
from doorward.domain.messages.links import link_to
from doorward.domain.messages.send import send
from doorward.domain.one_time.values import Kind, link_of, make_value, read_value, spend
from doorward.domain.users.emails import find_address, is_settled
from doorward.domain.users.grant import check_grantable
from doorward.domain.users.permissions import READ_USERS, WRITE_USERS
from doorward.domain.users.problems import EmailTaken
from doorward.domain.users.rules.email_address import check_email
from doorward.domain.users.settings import UsersSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.paging import read_cursor, write_cursor
from doorward.kernel.ids import INVITATION, encode
from doorward.kernel.page import Page
from doorward.kernel.permission import require
from doorward.kernel.text import check_locale

INVITE: Final = Kind("invitation", "in")
_LISTING: Final = "invitations"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation. link: to hand over by hand, where no mail took it."""

    row: InvitationRow
    link: str | None = field(default=None, repr=False)


async def invite(
    tx: Tx, address: str, *, roles: Sequence[str] = (), locale: str | None = None, by_mail: bool = True
) -> Invited:
    """Invites somebody to make an account. roles: what they get with it. locale: of the mail. by_mail: off for the link itself.

    An earlier invitation to the same address ends. Raises EmailTaken, InvalidInput, RoleNotFound, RoleBuiltIn or Forbidden.
    """
    require(tx.actor, WRITE_USERS)
    email = check_email(address, tx.section(UsersSettings), "/email")
    language = None if locale is None else check_locale(locale)
    for role in roles:
        await check_grantable(tx, role)
    known = await find_address(tx, email.display)
    if known is not None and is_settled(known):
        raise EmailTaken
    for (earlier,) in await tx.db.all(store.REVOKE_ADDRESS, key=email.key, now=tx.now):
        tx.emit(InvitationRevoked(target=encode(INVITATION, earlier)))
    lifetime = timedelta(days=tx.section(InvitationsSettings).days)
    invitation_id = await make_value(tx, INVITE, user_id=None, data={}, lifetime=lifetime)
    row = InvitationRow(
        id=invitation_id,
        address=email.display,
        address_key=email.key,
        roles=sorted(set(roles)),
        invited_by=tx.actor.user_id,
        created_at=tx.now,
        expires_at=tx.now + lifetime,
    )
    await tx.db.run(store.INSERT, **row._asdict(), accepted_at=None, revoked_at=None)
    tx.emit(InvitationMade(target=encode(INVITATION, row.id)))
    link = link_to(tx.tools, INVITE.name, link_of(tx.tools, INVITE, row.id))
    is_sent = by_mail and await send(
        tx,
        "invitation",
        to=row.address,
        locale=language,
        values={"days": str(lifetime.days)},
        link=link,
        useful_for=lifetime,
    )
    return Invited(row, None if is_sent else link)


async def list_invitations(tx: Tx, *, limit: int = 50, cursor: str | None = None) -> Page[InvitationRow]:
    """A page of open invitations, newest first. limit: 1 to 200."""
    require(tx.actor, READ_USERS)
    after = UUID(read_cursor(tx.tools.stamper, _LISTING, cursor)[0]) if cursor is not None else None
    places = {"now": tx.now, "limit": limit + 1} | ({"after_id": after} if after is not None else {})
    rows = await tx.db.all(store.page(after=after is not None), **places)
    if len(rows) <= limit:
        return Page(rows, None)
    rows = rows[:limit]
    return Page(rows, write_cursor(tx.tools.stamper, _LISTING, [str(rows[-1].id)]))


async def revoke_invitation(tx: Tx, invitation_id: UUID) -> None:
    """Takes an open invitation back: its link is dead with the commit. Raises InvitationNotFound."""
    require(tx.actor, WRITE_USERS)
    value = await read_value(tx, INVITE, invitation_id)
    if value is None or await tx.db.first(store.REVOKE, id=invitation_id, now=tx.now) is None:
        raise InvitationNotFound
    if not await spend(tx, value):
        raise InvitationNotFound
    tx.emit(InvitationRevoked(target=encode(INVITATION, invitation_id)))
