"""Ask for an address to be verified. Whether there is such an address shows neither in the answer nor in its cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from doorward.domain.methods.mailed.ask import addressed, ask_by_mail, for_address, mail, whom
from doorward.domain.one_time.values import Kind, attempt_of
from doorward.domain.risk.challenges import require_challenge
from doorward.domain.users.emails import find_address, find_own_address
from doorward.domain.users.find import find_user, identifier_mac
from doorward.domain.users.permissions import WRITE_ME
from doorward.domain.users.problems import EmailNotFound, UserNotFound
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.domain.users.store import EmailRow
from doorward.domain.verification.settings import VerificationSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.event import Event
from doorward.kernel.ids import EMAIL, decode
from doorward.kernel.permission import require

VERIFY: Final = Kind("verify-email", "ve")
JOB: Final = "verification.mail"


async def ask_verification(tx: Tx, address: str, *, challenge: str | None = None) -> str:
    """Has a link and a code sent to an address that waits for it; answers the name to answer under, in any case.

    Looks and costs the same for addresses that nobody has and that are verified already. challenge: see
    `risk.challenges`. Raises ChallengeRequired.
    """
    await require_challenge(tx, challenge)
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
    return await ask_by_mail(
        tx,
        VERIFY,
        JOB,
        user_id=row.user_id if row is not None else None,
        data=for_address(row, counted_for),
        seconds=tx.section(VerificationSettings).seconds,
    )


async def mail_verification(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Writes the mail of a verification, if there is anybody to write to. A job."""
    found = await addressed(tx, VERIFY, payload)
    if found is None or found.row.verified_at is not None:
        return
    value, user, row = found
    await mail(tx, VERIFY, value, "verify_email", to=row.address, user_id=user.id, locale=user.locale)


async def verify_added(tx: Tx, event: Event) -> None:
    """Has the mail sent for an address that was added and that nobody vouches for."""
    if event.user_id is None or event.target is None or tx.tools.mailer is None:
        return
    row = await find_own_address(tx, event.user_id, decode(EMAIL, event.target))
    if row is not None and row.verified_at is None and tx.section(SignUpSettings).verify_email != "off":
        await start_verification(tx, row)
