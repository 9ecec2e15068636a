"""Lock an account down: whoever is in is out, and nobody gets in but by recovery."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from doorward.domain.lockdown.events import AccountLockedDown
from doorward.domain.lockdown.remove import remove_recent_ways_in
from doorward.domain.messages.send import send
from doorward.domain.one_time.problems import LinkInvalid
from doorward.domain.one_time.values import Kind, Value, void_all_but
from doorward.domain.users.emails import primary_address
from doorward.domain.users.find import lock_user
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx

LOCKDOWN: Final = Kind("lockdown", "lo")
UNDO: Final = Kind("undo-primary-email", "up")


async def follow_lockdown(tx: Tx, value: Value) -> None:
    """Locks an account down by the link of a notice, which is spent."""
    if value.user_id is None:
        raise LinkInvalid
    await lock_down(tx, value.user_id, keep=UUID(hex=value.data["email"]))


async def lock_down(tx: Tx, user_id: UUID, *, keep: UUID | None = None) -> None:
    """Ends sessions, links and codes, takes the password and what is young away, and says so. keep: an address that stays."""
    try:
        user = await lock_user(tx, user_id)
    except UserNotFound:
        raise LinkInvalid from None
    await remove_recent_ways_in(tx, user_id, keep=keep)
    # Not what takes a change of the address back: an intruder who locks the account down must not end that.
    await void_all_but(tx, user_id, [UNDO])
    tx.emit(AccountLockedDown(user_id=user_id))
    row = await primary_address(tx, user_id)
    if row is not None:
        await send(tx, "locked_down", to=row.address, user_id=user_id, locale=user.locale)
