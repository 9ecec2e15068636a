"""Find one user."""

from __future__ import annotations

import hmac
from uuid import UUID

from doorward.domain.users import store
from doorward.domain.users.permissions import READ_USERS
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.rules.email_address import email_key
from doorward.domain.users.rules.username import username_key
from doorward.domain.users.store import UserRow
from doorward.infra.crypto import base64url
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import USER, decode
from doorward.kernel.permission import require
from doorward.kernel.problem import PreconditionFailed


async def show_user(tx: Tx, user_id: UUID) -> UserRow:
    """One user for an administrator, also a deleted one. Raises UserNotFound."""
    require(tx.actor, READ_USERS)
    user = await tx.db.first(store.FIND, id=user_id)
    if user is None:
        raise UserNotFound
    return user


async def find_by_identifier(tx: Tx, identifier: str) -> UserRow | None:
    """The user with this email address (any of theirs) or username, in any spelling. For signing in: asks no permission."""
    key = identifier_key(identifier)
    if key is None:
        return None
    return await tx.db.first(store.FIND_BY_EMAIL if "@" in identifier else store.FIND_BY_USERNAME, key=key)


def identifier_key(identifier: str) -> str | None:
    """What an email address or username is found by, the same in any spelling; None for what can be no address."""
    return email_key(identifier) if "@" in identifier else username_key(identifier)


async def find_by_anything(tx: Tx, text: str) -> UserRow:
    """The user with this id, email address or username, for people at a command line. Raises UserNotFound."""
    require(tx.actor, READ_USERS)
    try:
        user = await tx.db.first(store.FIND, id=decode(USER, text))
    except ValueError:
        user = await find_by_identifier(tx, text)
    if user is None:
        raise UserNotFound("Name a user by id (usr_…), email address or username.")
    return user


def identifier_mac(tx: Tx, identifier: str) -> str:
    """What an identifier is counted under where nobody may read it: the same in any spelling, of the same length always."""
    text = (identifier_key(identifier) or identifier).encode("utf-8", "surrogatepass")
    return base64url.encode(hmac.digest(tx.tools.sealer.derive("identifier"), text, "sha256")[:16])


async def find_user(tx: Tx, user_id: UUID) -> UserRow:
    """One user, for other slices: asks no permission. Raises UserNotFound."""
    user = await tx.db.first(store.FIND, id=user_id)
    if user is None:
        raise UserNotFound
    return user


def require_version(user: UserRow, version: int | None) -> UserRow:
    """The row, if it is the version that the caller read; None for callers who do not care. Raises PreconditionFailed."""
    if version is not None and version != user.version:
        raise PreconditionFailed
    return user


async def lock_user(tx: Tx, user_id: UUID) -> UserRow:
    """Like `find_user`, and holds the row until the commit, so that changes to one account come one after another."""
    user = await tx.db.first(store.LOCK, id=user_id)
    if user is None:
        raise UserNotFound
    return user
