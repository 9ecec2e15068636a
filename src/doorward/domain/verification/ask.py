"""Ask for an address to be verified. Whether there is such an address shows neither in the answer nor in its cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.messages.links import link_to
from doorward.domain.messages.send import send
from doorward.domain.methods.mailed import WHOM, nobody, whom
from doorward.domain.one_time.values import Kind, attempt_of, code_of, link_of, make_value, read_value
from doorward.domain.users.emails import find_address, find_own_address
from doorward.domain.users.find import find_user, identifier_mac
from doorward.domain.users.gate import is_usable
from doorward.domain.users.permissions import WRITE_ME
from doorward.domain.users.problems import EmailNotFound, UserNotFound
from doorward.domain.users.store import EmailRow
from doorward.domain.verification.settings import VerificationSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.permission import require

VERIFY: Final = Kind("verify-email", "ve")
JOB: Final = "verification.mail"


async def ask_verification(tx: Tx, address: str) -> str:
    """Has a link and a code sent to an address that waits for it; answers the name to answer under, in any case.

    Looks and costs the same for addresses that nobody has and that are verified already.
    """
    row = await find_address(tx, address)
    if row is not None and row.verified_at is not None:
        row = None
    value_id = await _make(tx, row, identifier_mac(tx, address))
    return attempt_of(tx.tools, VERIFY, value_id)


async def ask_my_verification(tx: Tx, email_id: UUID) -> str:
    """The same for one of one's own addresses. Raises EmailNotFound."""
    require(tx.actor, WRITE_ME)
    if tx.actor.user_id is None:
        raise UserNotFound
    row = await find_own_address(tx, tx.actor.user_id, email_id)
    if row is None:
        raise EmailNotFound
    return attempt_of(tx.tools, VERIFY, await start_verification(tx, row))


async def start_verification(tx: Tx, row: EmailRow) -> UUID:
    """Has the mail sent for an address, for other slices: asks no permission. Answers the value of its link and code."""
    user = await find_user(tx, row.user_id)
    return await _make(tx, row if row.verified_at is None else None, whom(tx, user, row.address))


async def _make(tx: Tx, row: EmailRow | None, counted_for: str) -> UUID:
    value_id = await make_value(
        tx,
        VERIFY,
        user_id=row.user_id if row is not None else None,
        data={"email": (row.id if row is not None else nobody()).hex, WHOM: counted_for},
        lifetime=timedelta(seconds=tx.section(VerificationSettings).seconds),
    )
    # The mail is a job's work: what differs between addresses happens where nobody can measure it.
    tx.enqueue(Job(JOB, {"value": str(value_id)}))
    return value_id


async def mail_verification(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Writes the mail of a verification, if there is anybody to write to. A job."""
    value = await read_value(tx, VERIFY, UUID(payload["value"]))
    if value is None or value.user_id is None:
        return
    try:
        user = await find_user(tx, value.user_id)
    except UserNotFound:
        return
    row = await find_own_address(tx, user.id, UUID(hex=value.data["email"]))
    if row is None or row.verified_at is not None or not is_usable(user.status, user.suspended_until, tx.now):
        return
    lifetime = value.expires_at - value.created_at
    await send(
        tx,
        "verify_email",
        to=row.address,
        user_id=user.id,
        locale=user.locale,
        values={"hours": str(max(1, round(lifetime.total_seconds() / 3600)))},
        link=link_to(tx.tools, VERIFY.name, link_of(tx.tools, VERIFY, value.id)),
        code=code_of(tx.tools, VERIFY, value.id),
        useful_for=lifetime,
        asked_by_anyone=True,
    )
