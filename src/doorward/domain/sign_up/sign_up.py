"""Sign up: make an account for oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.domain.methods.passkey.prove import memory_of_newcomer
from doorward.domain.methods.passkey.stored import NAME as PASSKEY
from doorward.domain.methods.password.choose import HashedPassword, hash_new, personal_words, store_first
from doorward.domain.sign_in.attempts import new_attempt
from doorward.domain.sign_in.begin import first_attempt
from doorward.domain.sign_in.complete import Pending, ask
from doorward.domain.sign_in.trace import Trace
from doorward.domain.sign_up.problems import SignUpClosed
from doorward.domain.sign_up.settings import SignUpSettings
from doorward.domain.users.create import insert_user
from doorward.domain.users.find import find_by_identifier, identifier_mac
from doorward.domain.users.problems import EmailTaken, UsernameTaken
from doorward.domain.users.profile import NewUser, check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx


async def sign_up(tx: Tx, fields: Mapping[str, Any], *, password: str | None) -> UserRow | Pending:
    """Makes an account. fields: email, and username and name if given. password: without one the answer is a sign-up
    to carry on with a passkey, and the account is made when that is there.

    Where existing addresses are hidden, the answer is a sign-in to carry on, for new and for known addresses alike.
    Raises SignUpClosed, UsernameTaken, EmailTaken (where not hidden), InvalidInput or HashingBusy.
    """
    settings = tx.section(SignUpSettings)
    if settings.mode == "closed":
        raise SignUpClosed
    user = check_new_user(fields, tx.section(UsersSettings))
    username = user.username.display if user.username else None
    if password is None:
        return await _by_passkey(tx, user, fields, hides=settings.hide_existing)
    hashed = await hash_new(tx, password, personal=personal_words(user.email.display, username, user.name))
    if settings.hide_existing:
        return await _quietly(tx, user, hashed)
    row = await insert_user(tx, user, source="sign-up")
    await store_first(tx, row.id, hashed)
    return row


async def _by_passkey(tx: Tx, user: NewUser, fields: Mapping[str, Any], *, hides: bool) -> Pending:
    """Asks for a passkey. Whether the address is free is decided when it is there; what is known now is told now."""
    username = user.username.display if user.username else None
    if not hides and await find_by_identifier(tx, user.email.display):
        raise EmailTaken
    if username is not None and await find_by_identifier(tx, username):
        raise UsernameTaken
    attempt = new_attempt(None, identifier=identifier_mac(tx, ""), aim="sign-up")
    attempt.stage = "sign-up"
    attempt.new_user = {"fields": dict(fields), "hides": hides}
    attempt.memory[PASSKEY] = memory_of_newcomer(user.email.display, user.name or username or user.email.display)
    return await ask(tx, attempt)


async def _quietly(tx: Tx, user: NewUser, hashed: HashedPassword) -> Pending:
    """Makes the account in a transaction of its own, which a known address rolls back, and answers a sign-in either way.

    A taken username is still told: usernames are public by nature.
    """
    try:
        async with tx.tools.writing(tx.actor) as making:
            row = await insert_user(making, user, source="sign-up")
            await store_first(making, row.id, hashed)
    except EmailTaken:
        # Who knows the account's password may carry on and sign in; to everybody else it looks like a new account.
        pass
    return await ask(tx, await first_attempt(tx, user.email.display, Trace()))
