"""Reset somebody's second factors as an administrator: with a reason, after a delay, and announced to every address.

Whoever talks an administrator into it gains nothing before the owner could have read of it and taken it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.credentials.events import FactorRemoved
from doorward.domain.credentials.keep import credentials_of, remove_credential
from doorward.domain.messages.links import link_to
from doorward.domain.messages.send import send
from doorward.domain.one_time.links import LinkPurpose
from doorward.domain.one_time.problems import LinkInvalid
from doorward.domain.one_time.values import Kind, Value, link_of, make_value, read_value, spend, void_values
from doorward.domain.sessions.end import end_sessions
from doorward.domain.sessions.recent import require_recent
from doorward.domain.sign_in.events import FactorResetApplied, FactorResetBegun, FactorResetCancelled
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.sign_in.standing import factors_of
from doorward.domain.users.administrators import require_rank
from doorward.domain.users.emails import addresses_of
from doorward.domain.users.find import lock_user
from doorward.domain.users.permissions import WRITE_USERS
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.clock import wire
from doorward.kernel.ids import CREDENTIAL, encode
from doorward.kernel.permission import require
from doorward.kernel.text import check_line

JOB: Final = "factors.reset"
RESET: Final = Kind("factor-reset", "fr")
_LONGEST_REASON: Final = 500
# A worker may be away when the delay is over.
_SLACK: Final = timedelta(days=7)


async def begin_factor_reset(tx: Tx, user_id: UUID, *, reason: str) -> datetime:
    """Begins the reset of somebody's factors; answers when it takes place. One begun before begins anew.

    Raises UserNotFound, InvalidInput, StepUpRequired, or Forbidden for somebody who may do more than the actor.
    """
    require(tx.actor, WRITE_USERS)
    require_recent(tx)
    await require_rank(tx, user_id)
    reason = check_line(reason, pointer="/reason", max_length=_LONGEST_REASON)
    user = await lock_user(tx, user_id)
    await void_values(tx, user_id, [RESET])
    applies_at = tx.now + timedelta(hours=tx.section(SignInSettings).factor_reset_hours)
    value_id = await make_value(tx, RESET, user_id=user_id, data={}, lifetime=applies_at - tx.now + _SLACK)
    link = link_to(tx.tools, RESET.name, link_of(tx.tools, RESET, value_id))
    for row in await addresses_of(tx, user_id):
        await send(
            tx,
            "factor_reset_planned",
            to=row.address,
            user_id=user_id,
            locale=user.locale,
            facts=[("until", f"{applies_at:%Y-%m-%d %H:%M} UTC"), ("reason", reason)],
            link=link,
        )
    tx.emit(FactorResetBegun(user_id=user_id, applies_at=wire(applies_at), reason=reason))
    tx.enqueue(Job(JOB, {"value": value_id.hex}, key=f"factor-reset:{value_id.hex}", run_at=applies_at))
    return applies_at


async def cancel_factor_reset(tx: Tx, user_id: UUID) -> None:
    """Takes a reset back as an administrator. Doing so again does no harm. Raises UserNotFound or Forbidden."""
    require(tx.actor, WRITE_USERS)
    await require_rank(tx, user_id)
    await lock_user(tx, user_id)
    if await void_values(tx, user_id, [RESET]):
        tx.emit(FactorResetCancelled(user_id=user_id))


async def follow_cancel(tx: Tx, value: Value) -> None:
    """Takes a reset back by the link of its announcement, which is spent."""
    if value.user_id is None:
        raise LinkInvalid
    tx.emit(FactorResetCancelled(user_id=value.user_id))


CANCEL: Final = LinkPurpose(RESET, "confirm", follow_cancel)


async def apply_factor_reset(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Removes the factors, unless the reset was taken back meanwhile. A job; again does no harm."""
    value = await read_value(tx, RESET, UUID(hex=payload["value"]))
    if value is None or value.user_id is None:
        return
    try:
        await lock_user(tx, value.user_id)
    except UserNotFound:
        return
    if not await spend(tx, value):
        return
    for row in factors_of(tx, await credentials_of(tx, value.user_id)):
        await remove_credential(tx, value.user_id, row.id)
        tx.emit(FactorRemoved(user_id=value.user_id, method=row.method, target=encode(CREDENTIAL, row.id)))
    await end_sessions(tx, user_id=value.user_id, reason="revoked")
    tx.emit(FactorResetApplied(user_id=value.user_id))
