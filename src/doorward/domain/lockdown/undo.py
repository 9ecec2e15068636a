"""Take a change of the primary address back, from the address that it was before."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.lockdown.events import PrimaryEmailRestored
from doorward.domain.lockdown.lock_down import lock_down
from doorward.domain.one_time.problems import LinkInvalid
from doorward.domain.one_time.values import Value
from doorward.domain.users.emails import drop_address, find_own_address, put_back_primary
from doorward.domain.users.find import lock_user
from doorward.domain.users.problems import EmailTaken, UserNotFound
from doorward.infra.database.unit_of_work import Tx


async def follow_undo(tx: Tx, value: Value) -> None:
    """Makes the former address the primary one again, removes the one that replaced it, and locks the account down."""
    if value.user_id is None:
        raise LinkInvalid
    try:
        await lock_user(tx, value.user_id)
        await put_back_primary(tx, value.user_id, address=value.data["address"], key=value.data["key"])
    except (UserNotFound, EmailTaken):
        raise LinkInvalid from None
    replaced = await find_own_address(tx, value.user_id, UUID(hex=value.data["replaced_by"]))
    if replaced is not None:
        await drop_address(tx, replaced)
    tx.emit(PrimaryEmailRestored(user_id=value.user_id))
    await lock_down(tx, value.user_id)
