"""An account as signing in asks for it: the user and what they prove themselves with, of one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from doorward.domain.access import store
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx


class Account(NamedTuple):
    """A user, and the methods of their credentials, one for each."""

    user: UserRow
    methods: Sequence[str]


async def find_account(tx: Tx, user_id: UUID) -> Account | None:
    """An account; None when there is none. For signing in: asks no permission."""
    row = await tx.db.first(store.ACCOUNT, id=user_id)
    return None if row is None else Account(row.user, (row.methods or "").split())
