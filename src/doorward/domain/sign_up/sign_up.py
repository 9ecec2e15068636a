"""Sign up: make an account for oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorward.domain.methods.password.choose import HashedPassword, hash_new, personal_words, store_first
from doorward.domain.sign_in.begin import first_attempt
from doorward.domain.sign_in.complete import Pending, ask
from doorward.domain.sign_in.trace import Trace
from doorward.domain.sign_up.problems import SignUpClosed
from doorward.domain.sign_up.settings import SignUpSettings
from doorward.domain.users.create import insert_user
from doorward.domain.users.problems import EmailTaken
from doorward.domain.users.profile import NewUser, check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx


async def sign_up(tx: Tx, fields: Mapping[str, Any], *, password: str) -> UserRow | Pending:
    """Makes an account. fields: email, and username and name if given.

    Where existing addresses are hidden, the answer is a sign-in to carry on, for new and for known addresses alike.
    Raises SignUpClosed, UsernameTaken, EmailTaken (where not hidden), InvalidInput or HashingBusy.
    """
    settings = tx.section(SignUpSettings)
    if settings.mode == "closed":
        raise SignUpClosed
    user = check_new_user(fields, tx.section(UsersSettings))
    username = user.username.display if user.username else None
    hashed = await hash_new(tx, password, personal=personal_words(user.email.display, username, user.name))
    if settings.hide_existing:
        return await _quietly(tx, user, hashed)
    row = await insert_user(tx, user, source="sign-up")
    await store_first(tx, row.id, hashed)
    return row


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
