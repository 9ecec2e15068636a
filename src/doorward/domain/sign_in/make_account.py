"""Make the account that a sign-up ends in, in the transaction that also adds what it will be signed in to with."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.sign_in.attempts import Attempt
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.users.create import insert_user
from doorward.domain.users.problems import EmailTaken
from doorward.domain.users.profile import check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.infra.database.unit_of_work import Tx


async def make_account(tx: Tx, attempt: Attempt, user_id: UUID) -> None:
    """Makes the account of a sign-up, which goes on as a sign-in. user_id: as the proof has it.

    Raises EmailTaken (SignInFailed where addresses are hidden), UsernameTaken or InvalidInput.
    """
    if attempt.new_user is None:
        return
    user = check_new_user(attempt.new_user["fields"], tx.section(UsersSettings))
    hides = attempt.new_user["hides"]
    attempt.aim, attempt.new_user = "sign-in", None
    try:
        await insert_user(tx, user, source="sign-up", user_id=user_id)
    except EmailTaken:
        if hides:
            raise SignInFailed from None
        raise
