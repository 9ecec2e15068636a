"""Set up an authenticator app as somebody who is signed in: the secret first, then a code that shows that the app has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.totp.problems import TotpCodeWrong, TotpEnrollmentOver, TotpUnavailable
from doorward.domain.methods.totp.prove import add_authenticator, may_add, shown_of
from doorward.domain.methods.totp.settings import TotpSettings
from doorward.domain.methods.totp.stored import new_authenticator, read
from doorward.domain.one_time.values import Kind, id_in_link, link_of, make_value, spend, take_try, void_values
from doorward.domain.sessions.recent import require_recent
from doorward.domain.users.find import lock_user
from doorward.domain.users.permissions import WRITE_ME
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require
from doorward.kernel.text import check_line

ENROLLMENT: Final = Kind("totp-enrollment", "te")
# Whoever sets an app up knows its secret, so there is nothing to guess; this only ends a client that runs in circles.
_MOST_TRIES: Final = 20
_LONGEST_LABEL: Final = 64


@dataclass(frozen=True, slots=True)
class Enrollment:
    """An app that is being set up. name: to confirm it by. secret, uri, qr_svg: the same for people, apps and cameras."""

    name: str = field(repr=False)
    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr_svg: str = field(repr=False)


async def begin_enrollment(tx: Tx) -> Enrollment:
    """Makes a secret for an app of one's own. Nothing changes until a code is confirmed; one begun before is over.

    Raises StepUpRequired or TotpUnavailable.
    """
    user_id = _own(tx)
    if not await may_add(tx, user_id):
        raise TotpUnavailable
    settings = tx.section(TotpSettings)
    authenticator = new_authenticator(settings)
    shown = await shown_of(tx, user_id, authenticator)
    await void_values(tx, user_id, [ENROLLMENT])
    lifetime = timedelta(seconds=settings.enroll_seconds)
    value_id = await make_value(tx, ENROLLMENT, user_id=user_id, data=authenticator.data(), lifetime=lifetime)
    return Enrollment(link_of(tx.tools, ENROLLMENT, value_id), **shown)


async def confirm_enrollment(tx: Tx, *, name: str, code: str, label: str | None = None) -> CredentialRow:
    """Adds the app to the account. name: of the enrollment. code: what the app shows now.

    Raises StepUpRequired, TotpEnrollmentOver, TotpCodeWrong, TotpUnavailable or InvalidInput.
    """
    user_id = _own(tx)
    if label is not None:
        label = check_line(label, pointer="/label", max_length=_LONGEST_LABEL)
    value_id = id_in_link(tx.tools, ENROLLMENT, name)
    value = await take_try(tx, ENROLLMENT, value_id, most=_MOST_TRIES) if value_id is not None else None
    if value is None or value.user_id != user_id:
        raise TotpEnrollmentOver
    drift = tx.section(TotpSettings).drift_steps
    taken = read(value.data).take(code, now=tx.now.timestamp(), drift_steps=drift)
    if taken is None:
        raise TotpCodeWrong
    await lock_user(tx, user_id)
    if not await spend(tx, value):
        raise TotpEnrollmentOver
    if not await may_add(tx, user_id):
        raise TotpUnavailable
    return await add_authenticator(tx, user_id, taken, label=label)


def _own(tx: Tx) -> UUID:
    require(tx.actor, WRITE_ME)
    if tx.actor.user_id is None:
        raise UserNotFound
    require_recent(tx)
    return tx.actor.user_id
