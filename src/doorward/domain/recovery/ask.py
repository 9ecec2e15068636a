"""Ask for a new password. Whether there is such an account shows neither in the answer nor in its cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.messages.links import link_to
from doorward.domain.messages.send import send
from doorward.domain.methods.mailed import WHOM, nobody, whom
from doorward.domain.one_time.values import Kind, attempt_of, code_of, link_of, make_value, read_value, void_values
from doorward.domain.recovery.settings import RecoverySettings
from doorward.domain.risk.challenges import require_challenge
from doorward.domain.users.emails import find_address, find_own_address, is_settled, primary_address
from doorward.domain.users.find import find_by_identifier, find_user
from doorward.domain.users.gate import is_usable
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.event import Event

RECOVERY: Final = Kind("recovery", "re")
JOB: Final = "recovery.mail"


async def ask_recovery(tx: Tx, identifier: str, *, challenge: str | None = None) -> str:
    """Has a link and a code sent to whoever has this identifier; answers the name to answer under, in any case.

    challenge: see `risk.challenges`. Raises ChallengeRequired.
    """
    await require_challenge(tx, challenge)
    user = await find_by_identifier(tx, identifier)
    row = await find_address(tx, identifier) if "@" in identifier else None
    if row is None and user is not None:
        row = await primary_address(tx, user.id)
    value_id = await make_value(
        tx,
        RECOVERY,
        user_id=user.id if user is not None else None,
        data={"email": (row.id if row is not None else nobody()).hex, WHOM: whom(tx, user, identifier)},
        lifetime=timedelta(seconds=tx.section(RecoverySettings).seconds),
    )
    # The mail is a job's work: what differs between accounts happens where nobody can measure it.
    tx.enqueue(Job(JOB, {"value": str(value_id)}))
    return attempt_of(tx.tools, RECOVERY, value_id)


async def mail_recovery(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Writes the mail of a recovery, if there is anybody to write to. A job."""
    value = await read_value(tx, RECOVERY, UUID(payload["value"]))
    if value is None or value.user_id is None:
        return
    try:
        user = await find_user(tx, value.user_id)
    except UserNotFound:
        return
    row = await find_own_address(tx, user.id, UUID(hex=value.data["email"]))
    if row is None or not is_settled(row) or not is_usable(user.status, user.suspended_until, tx.now):
        return
    lifetime = value.expires_at - value.created_at
    await send(
        tx,
        "recovery",
        # As stored, never as somebody typed it: another spelling may be another person's mailbox.
        to=row.address,
        user_id=user.id,
        locale=user.locale,
        values={"minutes": str(round(lifetime.total_seconds() / 60))},
        link=link_to(tx.tools, RECOVERY.name, link_of(tx.tools, RECOVERY, value.id)),
        code=code_of(tx.tools, RECOVERY, value.id),
        useful_for=lifetime,
        asked_by_anyone=True,
    )


async def void_recovery(tx: Tx, event: Event) -> None:
    """Ends every link and code to a new password: the password or an address they were asked for has changed."""
    if event.user_id is not None:
        await void_values(tx, event.user_id, [RECOVERY])
