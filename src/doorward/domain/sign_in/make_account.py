"""Make the account that a sign-up ends in, with whatever follows from its address and its invitation."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.invitations.accept import OpenInvitation, accept_invitation, open_invitation
from doorward.domain.messages.send import send
from doorward.domain.sign_in.attempts import Attempt
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.users.create import insert_user
from doorward.domain.users.emails import find_address, primary_address, release_address
from doorward.domain.users.find import find_user
from doorward.domain.users.problems import EmailTaken
from doorward.domain.users.profile import NewUser, check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.domain.users.store import UserRow
from doorward.domain.verification.ask import start_verification
from doorward.infra.database.unit_of_work import Tx


async def make_user(
    tx: Tx, user: NewUser, invitation: OpenInvitation | None = None, *, user_id: UUID | None = None
) -> UserRow:
    """Makes an account for who signed up. user_id: if it is settled already. The caller adds what it is signed in to with.

    Raises EmailTaken, UsernameTaken, or LinkInvalid when the invitation was used meanwhile.
    """
    verify = tx.section(SignUpSettings).verify_email
    if verify != "off" or invitation is not None:
        await release_address(tx, user.email.key)
    row = await insert_user(tx, user, source="sign-up", user_id=user_id)
    if invitation is not None:
        await accept_invitation(tx, invitation, row.id)
    elif verify != "off" and tx.tools.mailer is not None:
        email = await primary_address(tx, row.id)
        if email is not None:
            await start_verification(tx, email)
    return row


async def make_account(tx: Tx, attempt: Attempt, user_id: UUID) -> None:
    """Makes the account of a sign-up under way, which goes on as a sign-in. user_id: as the proof has it.

    Raises EmailTaken (SignInFailed where addresses are hidden), UsernameTaken, LinkInvalid or InvalidInput.
    """
    if attempt.new_user is None:
        return
    given = attempt.new_user
    attempt.aim, attempt.new_user = "sign-in", None
    user = check_new_user(given["fields"], tx.section(UsersSettings))
    token = given["invitation"]
    invitation = None if token is None else await open_invitation(tx, token)
    if invitation is not None:
        user = user._replace(email_verified=True)
    if given["hides"]:
        # Apart from this transaction, of which nothing will be kept.
        async with tx.tools.writing(tx.actor) as telling:
            is_known = await tell_owner(telling, user)
        if is_known:
            raise SignInFailed
    try:
        await make_user(tx, user, invitation, user_id=user_id)
    except EmailTaken:
        if given["hides"]:
            raise SignInFailed from None
        raise


async def tell_owner(tx: Tx, user: NewUser) -> bool:
    """Tells whoever has the address that they have an account already, which the one who signed up is not told.

    Answers whether somebody has it.
    """
    known = await find_address(tx, user.email.display)
    if known is None:
        return False
    if known.is_primary or known.verified_at is not None:
        owner = await find_user(tx, known.user_id)
        await send(tx, "sign_up_known", to=known.address, user_id=owner.id, locale=owner.locale, asked_by_anyone=True)
    return True
