"""Make new recovery codes as somebody who is signed in, and count those that are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorward.domain.credentials.keep import credentials_of, methods_of, unseal
from doorward.domain.methods.recovery_code.codes import NAME, hashed, new_codes, read
from doorward.domain.methods.recovery_code.problems import RecoveryCodesNeedFactor
from doorward.domain.methods.recovery_code.prove import replace_codes, stands_for
from doorward.domain.sessions.recent import require_recent
from doorward.domain.users.find import lock_user
from doorward.domain.users.permissions import READ_ME, WRITE_ME
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import Permission, require


@dataclass(frozen=True, slots=True)
class Count:
    """How many codes are left. made_at: None where there are none."""

    left: int
    made_at: datetime | None


async def count_codes(tx: Tx) -> Count:
    """How many of one's own recovery codes are left."""
    rows = await credentials_of(tx, _own(tx, READ_ME), NAME)
    if not rows:
        return Count(0, None)
    return Count(sum(len(read(unseal(tx.tools.sealer, row)).left) for row in rows), rows[-1].created_at)


async def regenerate_codes(tx: Tx) -> tuple[str, ...]:
    """Makes ten new codes; those before are worth nothing any more. They are shown here and never again.

    Raises StepUpRequired or RecoveryCodesNeedFactor.
    """
    user_id = _own(tx, WRITE_ME)
    require_recent(tx)
    await lock_user(tx, user_id)
    if not stands_for(tx, frozenset(await methods_of(tx, user_id))):
        raise RecoveryCodesNeedFactor
    codes = new_codes()
    await replace_codes(tx, user_id, hashed(codes))
    return codes


def _own(tx: Tx, permission: Permission) -> UUID:
    require(tx.actor, permission)
    if tx.actor.user_id is None:
        raise UserNotFound
    return tx.actor.user_id
