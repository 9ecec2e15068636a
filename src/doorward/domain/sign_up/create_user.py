"""Make an account for somebody else, as an administrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from doorward.domain.methods.password.choose import hash_new, personal_words, require_choice, store_first
from doorward.domain.users.create import insert_user
from doorward.domain.users.grant import grant_role
from doorward.domain.users.permissions import WRITE_USERS
from doorward.domain.users.profile import check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require


async def create_user(
    tx: Tx, fields: Mapping[str, Any], *, password: str | None = None, roles: Sequence[str] = ()
) -> UserRow:
    """Makes an account. fields: as `users.profile` knows them, with email and email_verified. password: may come later.

    Raises UsernameTaken, EmailTaken, ExternalIdTaken, RoleNotFound, RoleBuiltIn, PasswordForOwnerOnly, InvalidInput or
    HashingBusy.
    """
    require(tx.actor, WRITE_USERS)
    if password is not None:
        require_choice(tx)
    user = check_new_user(fields, tx.section(UsersSettings))
    username = user.username.display if user.username else None
    hashed = None
    if password is not None:
        hashed = await hash_new(tx, password, personal=personal_words(user.email.display, username, user.name))
    row = await insert_user(tx, user, source="administrator")
    if hashed is not None:
        await store_first(tx, row.id, hashed)
    for role in roles:
        await grant_role(tx, row.id, role)
    return row
