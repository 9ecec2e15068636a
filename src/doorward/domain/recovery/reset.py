"""Choose a new password by the link or the code of a mail. The second factor stays what it was, and is asked for afterwards."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.lockdown.remove import remove_all_ways_in
from doorward.domain.methods.mailed.answer import open_mailed
from doorward.domain.methods.password.choose import hash_new, personal_words, put_password
from doorward.domain.one_time.problems import CodeWrong
from doorward.domain.recovery.ask import RECOVERY
from doorward.domain.recovery.events import AccountClaimed, AccountRecovered
from doorward.domain.recovery.settings import RecoverySettings
from doorward.domain.risk.failures import unlock
from doorward.domain.users.emails import confirm_address, find_own_address, is_settled
from doorward.domain.users.find import find_user, lock_user
from doorward.domain.users.gate import refuse_unusable
from doorward.domain.users.problems import UserNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import Problem


async def answer_recovery(
    tx: Tx, *, attempt: str, code: str | None = None, token: str | None = None, new_password: str
) -> None:
    """Replaces the password, ends all sessions and every other link and code, and lifts a lock. token: of the link.

    Raises CodeWrong, TooManyAttempts, InvalidInput for a password against the policy, UserSuspended, UserDeleted or
    HashingBusy.
    """
    opened = await open_mailed(
        tx, RECOVERY, attempt=attempt, code=code, token=token, most=tx.section(RecoverySettings).tries
    )
    user_id = opened.value.user_id
    if user_id is None:
        raise CodeWrong
    try:
        user = await find_user(tx, user_id)
        refuse_unusable(user, tx.now)
        hashed = await hash_new(
            tx, new_password, personal=personal_words(user.email, user.username, user.name), pointer="/new_password"
        )
    except UserNotFound:
        raise CodeWrong from None
    except Problem:
        await opened.put_back(tx)
        raise
    user = await lock_user(tx, user_id)
    # Again, with the row held: it may have been suspended while we were hashing.
    refuse_unusable(user, tx.now)
    row = await find_own_address(tx, user_id, UUID(hex=opened.value.data["email"]))
    if row is None or not is_settled(row):
        raise CodeWrong
    await opened.spend(tx)
    if row.verified_at is None:
        # Whoever made this account never showed the address to be theirs. Now somebody did, and it is theirs alone:
        # nothing that was put into it before may open it.
        await remove_all_ways_in(tx, user_id, keep=row.id)
        tx.emit(AccountClaimed(user_id=user_id))
    await confirm_address(tx, user_id, row.id)
    await put_password(tx, user_id, hashed, keep_session=None)
    await unlock(tx, user_id)
    tx.emit(AccountRecovered(user_id=user_id))
