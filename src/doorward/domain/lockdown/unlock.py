"""A locked account's owner is told, with a link that lifts the lock at once. Whoever locked it gains nothing by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.messages.links import link_to
from doorward.domain.messages.send import send
from doorward.domain.one_time.problems import LinkInvalid
from doorward.domain.one_time.values import Kind, Value, link_of, make_value
from doorward.domain.risk.failures import unlock
from doorward.domain.users.find import find_user
from doorward.domain.users.gate import is_usable
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.event import Event

UNLOCK: Final = Kind("unlock", "un")
JOB: Final = "lockdown.mail_unlock"
# As long as a lock lasts at most.
_LIFETIME: Final = timedelta(days=1)


async def tell_locked(tx: Tx, event: Event) -> None:
    """Has the mail written by a job: only accounts that exist are locked, and a refusal may not take longer for them."""
    if event.user_id is not None and tx.tools.mailer is not None:
        tx.enqueue(Job(JOB, {"user": str(event.user_id)}))


async def mail_unlock(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Writes the mail that lifts a lock. A job."""
    try:
        user = await find_user(tx, UUID(payload["user"]))
    except UserNotFound:
        return
    if not is_usable(user.status, user.suspended_until, tx.now):
        return
    value_id = await make_value(tx, UNLOCK, user_id=user.id, data={}, lifetime=_LIFETIME)
    await send(
        tx,
        "account_locked",
        to=user.email,
        user_id=user.id,
        locale=user.locale,
        link=link_to(tx.tools, UNLOCK.name, link_of(tx.tools, UNLOCK, value_id)),
        useful_for=_LIFETIME,
        asked_by_anyone=True,
    )


async def follow_unlock(tx: Tx, value: Value) -> None:
    """Forgets the wrong answers of an account by the link, which is spent."""
    if value.user_id is None:
        raise LinkInvalid
    await unlock(tx, value.user_id, by="link")
