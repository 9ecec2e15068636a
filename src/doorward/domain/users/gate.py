"""The account-state gate: whether an account may be used at this moment.

Every path that hands out a session or a token, and every use of one, goes through it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from doorward.domain.users import store
from doorward.domain.users.problems import UserDeleted, UserSuspended
from doorward.domain.users.store import UserRow
from doorward.infra.database.driver import OvertakenError
from doorward.infra.database.unit_of_work import Tx


def is_usable(status: str, suspended_until: datetime | None, now: datetime) -> bool:
    """Whether an account in this state may be used. A suspension with an end is over when its end has come."""
    return status == "active" or (status == "suspended" and suspended_until is not None and suspended_until <= now)


def refuse_unusable(user: UserRow, now: datetime) -> None:
    """Raises UserSuspended or UserDeleted for an account that may not be used."""
    if is_usable(user.status, user.suspended_until, now):
        return
    if user.status == "suspended":
        raise UserSuspended(until=user.suspended_until)
    raise UserDeleted


async def pass_gate(tx: Tx, user: UserRow, *, credentials: int) -> UserRow:
    """Lets a user in who has proved who they are, and records when.

    user: as just read; answered as it is from then on. credentials: how many they had then.

    It must find the account usable, and with as many credentials, or nothing of the transaction stays: raises OvertakenError, now or when the transaction is
    opened (see `Tx.require`). From that moment the row is locked until the commit: a suspension or deletion at the same time
    is either seen there, or waits and then ends the session that is started with it.
    """
    if not await tx.require(store.PASS_GATE, id=user.id, now=tx.now, credentials=credentials):
        raise OvertakenError
    return user._replace(last_sign_in_at=tx.now)


async def keep(tx: Tx, user_id: UUID) -> None:
    """An account must be there, and is not erased before the commit: raises OvertakenError, now or when the transaction is
    opened (see `Tx.require`).
    """
    if not await tx.require(store.KEEP, id=user_id):
        raise OvertakenError
