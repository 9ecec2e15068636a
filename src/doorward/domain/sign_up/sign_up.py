"""Sign up: make an account for oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.domain.invitations.accept import OpenInvitation, open_invitation
from doorward.domain.methods.passkey.prove import memory_of_newcomer
from doorward.domain.methods.passkey.stored import NAME as PASSKEY
from doorward.domain.methods.password.choose import HashedPassword, hash_new, personal_words, store_first
from doorward.domain.risk.challenges import require_challenge
from doorward.domain.sign_in.attempts import new_attempt
from doorward.domain.sign_in.begin import first_attempt
from doorward.domain.sign_in.complete import Pending, ask
from doorward.domain.sign_in.make_account import make_user, tell_owner
from doorward.domain.sign_in.trace import Trace
from doorward.domain.sign_up.problems import SignUpClosed
from doorward.domain.users.find import find_by_identifier, identifier_mac
from doorward.domain.users.problems import EmailTaken, UsernameTaken
from doorward.domain.users.profile import NewUser, check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import FieldError, InvalidInput


async def sign_up(
    tx: Tx,
    fields: Mapping[str, Any],
    *,
    password: str | None,
    invitation: str | None = None,
    challenge: str | None = None,
) -> UserRow | Pending:
    """Makes an account. fields: email, and username and name if given. password: without one the answer is a sign-up
    to carry on with a passkey, and the account is made when that is there. invitation: the token of its link.
    challenge: see `risk.challenges`; who is invited needs none.

    Where existing addresses are hidden, the answer is a sign-in to carry on, for new and for known addresses alike.
    Raises SignUpClosed, ChallengeRequired, LinkInvalid, UsernameTaken, EmailTaken (where not hidden), InvalidInput or HashingBusy.
    """
    settings = tx.section(SignUpSettings)
    opened = None if invitation is None else await open_invitation(tx, invitation)
    if opened is None and settings.mode in {"closed", "invite"}:
        raise SignUpClosed
    if opened is None:
        await require_challenge(tx, challenge)
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
    hides = settings.hide_existing and opened is None
    if password is None:
        return await _by_passkey(tx, user, fields, invitation=invitation, hides=hides)
    username = user.username.display if user.username else None
    hashed = await hash_new(tx, password, personal=personal_words(user.email.display, username, user.name))
    if hides:
        return await _quietly(tx, user, hashed)
    return await _make(tx, user, hashed, opened)


async def _make(tx: Tx, user: NewUser, hashed: HashedPassword, opened: OpenInvitation | None = None) -> UserRow:
    row = await make_user(tx, user, opened)
    await store_first(tx, row.id, hashed)
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
        await tell_owner(tx, user)
    return await ask(tx, await first_attempt(tx, user.email.display, Trace()))


async def _by_passkey(
    tx: Tx, user: NewUser, fields: Mapping[str, Any], *, invitation: str | None, hides: bool
) -> Pending:
    """Asks for a passkey. Whether the address is free is decided when it is there; what is known now is told now."""
    username = user.username.display if user.username else None
    if not hides and await find_by_identifier(tx, user.email.display):
        raise EmailTaken
    if username is not None and await find_by_identifier(tx, username):
        raise UsernameTaken
    attempt = new_attempt(None, identifier=identifier_mac(tx, ""), aim="sign-up")
    attempt.stage = "sign-up"
    attempt.new_user = {"fields": dict(fields), "hides": hides, "invitation": invitation}
    attempt.memory[PASSKEY] = memory_of_newcomer(user.email.display, user.name or username or user.email.display)
    return await ask(tx, attempt)
