"""Sign up: make an account for oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.domain.invitations.accept import OpenInvitation, accept_invitation, open_invitation
from doorward.domain.messages.send import send
from doorward.domain.methods.password.choose import HashedPassword, hash_new, personal_words, store_first
from doorward.domain.sign_in.begin import first_attempt
from doorward.domain.sign_in.complete import Pending, ask
from doorward.domain.sign_in.trace import Trace
from doorward.domain.sign_up.problems import SignUpClosed
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
from doorward.kernel.problem import FieldError, InvalidInput


async def sign_up(
    tx: Tx, fields: Mapping[str, Any], *, password: str, invitation: str | None = None
) -> UserRow | Pending:
    """Makes an account. fields: email, and username and name if given. invitation: the token of its link.

    Where existing addresses are hidden, the answer is a sign-in to carry on, for new and for known addresses alike.
    Raises SignUpClosed, LinkInvalid, UsernameTaken, EmailTaken (where not hidden), InvalidInput or HashingBusy.
    """
    settings = tx.section(SignUpSettings)
    opened = None if invitation is None else await open_invitation(tx, invitation)
    if opened is None and settings.mode in {"closed", "invite"}:
        raise SignUpClosed
    user = check_new_user(fields, tx.section(UsersSettings))
    if opened is not None:
        if user.email.key != opened.row.address_key:
            raise InvalidInput(
                FieldError("/email", "invitation-other-address", "Use the address that the invitation was sent to.")
            )
        # The link came by mail to that very address.
        user = user._replace(email_verified=True)
    elif not settings.takes(user.email.key):
        raise SignUpClosed
    username = user.username.display if user.username else None
    hashed = await hash_new(tx, password, personal=personal_words(user.email.display, username, user.name))
    if settings.hide_existing and opened is None:
        return await _quietly(tx, user, hashed)
    return await _make(tx, user, hashed, opened)


async def _make(tx: Tx, user: NewUser, hashed: HashedPassword, opened: OpenInvitation | None = None) -> UserRow:
    """Makes the account, and whatever follows from its address."""
    verify = tx.section(SignUpSettings).verify_email
    if verify != "off" or opened is not None:
        await release_address(tx, user.email.key)
    row = await insert_user(tx, user, source="sign-up")
    await store_first(tx, row.id, hashed)
    if opened is not None:
        await accept_invitation(tx, opened, row.id)
    elif verify != "off" and tx.tools.mailer is not None:
        email = await primary_address(tx, row.id)
        if email is not None:
            await start_verification(tx, email)
    return row


async def _quietly(tx: Tx, user: NewUser, hashed: HashedPassword) -> Pending:
    """Makes the account in a transaction of its own, which a known address rolls back, and answers a sign-in either way.

    A taken username is still told: usernames are public by nature.
    """
    try:
        async with tx.tools.writing(tx.actor) as making:
            await _make(making, user, hashed)
    except EmailTaken:
        # Who knows the account's password may carry on and sign in; to everybody else it looks like a new account.
        await _tell_owner(tx, user)
    return await ask(tx, await first_attempt(tx, user.email.display, Trace()))


async def _tell_owner(tx: Tx, user: NewUser) -> None:
    """Tells whoever has the address that they have an account already, which the one who signed up is not told."""
    known = await find_address(tx, user.email.display)
    if known is None or not (known.is_primary or known.verified_at is not None):
        return
    owner = await find_user(tx, known.user_id)
    await send(tx, "sign_up_known", to=known.address, user_id=owner.id, locale=owner.locale, asked_by_anyone=True)
