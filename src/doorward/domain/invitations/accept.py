"""Accept an invitation, as a part of signing up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.invitations import store
from doorward.domain.invitations.events import InvitationAccepted
from doorward.domain.invitations.invite import INVITE
from doorward.domain.invitations.settings import InvitationsSettings
from doorward.domain.invitations.store import InvitationRow
from doorward.domain.one_time.problems import LinkInvalid
from doorward.domain.one_time.values import Value, read_link, spend
from doorward.domain.users.grant import grant_promised
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.ids import INVITATION, encode

PURGE: Final = "invitations.purge"
_BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation whose link was shown, still unspent."""

    row: InvitationRow
    value: Value


async def open_invitation(tx: Tx, token: str) -> OpenInvitation:
    """The invitation of a link. Spends nothing. Raises LinkInvalid."""
    value = await read_link(tx, INVITE, token)
    row = None if value is None else await tx.db.first(store.FIND_OPEN, id=value.id, now=tx.now)
    if value is None or row is None:
        raise LinkInvalid
    return OpenInvitation(row, value)


async def accept_invitation(tx: Tx, opened: OpenInvitation, user_id: UUID) -> None:
    """Uses an invitation up for a new user, who gets its roles. Raises LinkInvalid when another request was faster."""
    if not await spend(tx, opened.value) or not await tx.db.run(store.ACCEPT, id=opened.row.id, now=tx.now):
        raise LinkInvalid
    for role in opened.row.roles:
        await grant_promised(tx, user_id, role)
    tx.emit(InvitationAccepted(user_id=user_id, target=encode(INVITATION, opened.row.id)))


async def purge_invitations(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets invitations that ended long ago, with the addresses in them. A scheduled job."""
    before = tx.now - timedelta(days=tx.section(InvitationsSettings).keep_days)
    if await tx.db.run(store.FORGET, before=before, most=_BATCH) == _BATCH:
        tx.enqueue(Job(PURGE, {}, key=PURGE))
