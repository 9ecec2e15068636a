"""An account as signing in asks for it: the user and what they prove themselves with, of one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from doorward.domain.access import store
from doorward.domain.access.store import AccountRow
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.risk.devices import traits
from doorward.domain.users.find import identifier_key
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx


class Account(NamedTuple):
    """A user, and the methods of their credentials, one for each.

    device_id: the device that keeps no secret and looks as what asks now does, if there is one.
    """

    user: UserRow
    methods: Sequence[str]
    device_id: UUID | None


async def find_account(tx: Tx, user_id: UUID) -> Account | None:
    """An account; None when there is none. For signing in: asks no permission."""
    agent, address = traits(tx)
    row = await tx.db.first(store.ACCOUNT, id=user_id, user_agent=agent, address=address)
    return None if row is None else _account(row)


async def find_with_credential(tx: Tx, identifier: str, method: str) -> tuple[Account | None, Sequence[CredentialRow]]:
    """The account with this email address or username, in any spelling, and its credential of a method, in one round trip.

    method: one that nobody has two credentials of. For signing in: asks no permission.
    """
    key = identifier_key(identifier)
    if key is None:
        return None, ()
    agent, address = traits(tx)
    query = store.BY_EMAIL if "@" in identifier else store.BY_USERNAME
    row = await tx.db.first(query, key=key, method=method, user_agent=agent, address=address)
    if row is None:
        return None, ()
    return _account(row.account), () if row.credential is None else (row.credential,)


def _account(row: AccountRow) -> Account:
    return Account(row.user, (row.methods or "").split(), row.device_id)
