"""Have somebody choose a new password, as an administrator: who never learns the link, the code or the password (ASVS 6.4.6)."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.methods.mailed.ask import ask_by_mail, for_address, whom
from doorward.domain.recovery.ask import BY_ADMINISTRATOR, JOB, RECOVERY
from doorward.domain.recovery.events import RecoveryBegun
from doorward.domain.recovery.problems import MailIsOff
from doorward.domain.recovery.settings import RecoverySettings
from doorward.domain.sessions.end import end_sessions
from doorward.domain.users.administrators import require_rank
from doorward.domain.users.emails import primary_address
from doorward.domain.users.find import lock_user
from doorward.domain.users.gate import refuse_unusable
from doorward.domain.users.permissions import WRITE_USERS
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require


async def begin_recovery(tx: Tx, user_id: UUID, *, ends_sessions: bool = False) -> UserRow:
    """Has a link and a code sent to a user's primary address. The password works until another is chosen by them.

    ends_sessions: whether everybody is signed out at once, such as where somebody else may be in. Raises UserNotFound,
    UserSuspended, UserDeleted, MailIsOff, or Forbidden for somebody who may do more than the actor.
    """
    require(tx.actor, WRITE_USERS)
    await require_rank(tx, user_id)
    user = await lock_user(tx, user_id)
    refuse_unusable(user, tx.now)
    if tx.tools.mailer is None:
        raise MailIsOff
    row = await primary_address(tx, user_id)
    await ask_by_mail(
        tx,
        RECOVERY,
        JOB,
        user_id=user_id,
        data=for_address(row, whom(tx, user, user.email)) | {"asked_by": BY_ADMINISTRATOR},
        seconds=tx.section(RecoverySettings).administrator_seconds,
    )
    if ends_sessions:
        await end_sessions(tx, user_id=user_id, reason="revoked")
    tx.emit(RecoveryBegun(user_id=user_id, sessions_ended=ends_sessions))
    return user
