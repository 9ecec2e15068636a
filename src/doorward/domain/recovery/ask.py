"""Ask for a new password. Whether there is such an account shows neither in the answer nor in its cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from doorward.domain.methods.mailed.ask import addressed, ask_by_mail, for_address, mail, whom
from doorward.domain.one_time.values import Kind, attempt_of, void_values
from doorward.domain.recovery.settings import RecoverySettings
from doorward.domain.risk.challenges import require_challenge
from doorward.domain.users.emails import find_address, is_settled, primary_address
from doorward.domain.users.find import find_by_identifier
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.event import Event

RECOVERY: Final = Kind("recovery", "re")
JOB: Final = "recovery.mail"
BY_ADMINISTRATOR: Final = "administrator"


async def ask_recovery(tx: Tx, identifier: str, *, challenge: str | None = None) -> str:
    """Has a link and a code sent to whoever has this identifier; answers the name to answer under, in any case.

    challenge: see `risk.challenges`. Raises ChallengeRequired.
    """
    await require_challenge(tx, challenge)
    user = await find_by_identifier(tx, identifier)
    row = await find_address(tx, identifier) if "@" in identifier else None
    if row is None and user is not None:
        row = await primary_address(tx, user.id)
    value_id = await ask_by_mail(
        tx,
        RECOVERY,
        JOB,
        user_id=user.id if user is not None else None,
        data=for_address(row, whom(tx, user, identifier)),
        seconds=tx.section(RecoverySettings).seconds,
    )
    return attempt_of(tx.tools, RECOVERY, value_id)


async def mail_recovery(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Writes the mail of a recovery, if there is anybody to write to. A job."""
    found = await addressed(tx, RECOVERY, payload)
    if found is None or not is_settled(found.row):
        return
    value, user, row = found
    text = "recovery_begun" if value.data.get("asked_by") == BY_ADMINISTRATOR else "recovery"
    await mail(tx, RECOVERY, value, text, to=row.address, user_id=user.id, locale=user.locale)


async def void_recovery(tx: Tx, event: Event) -> None:
    """Ends every link and code to a new password: the password or an address they were asked for has changed."""
    if event.user_id is not None:
        await void_values(tx, event.user_id, [RECOVERY])
