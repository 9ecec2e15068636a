"""Store, find and replace credentials, for the methods of signing in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from doorward.domain.credentials import store
from doorward.domain.credentials.store import CredentialRow
from doorward.infra.crypto.sealing import Sealer
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import new_id, new_row_ids

SEALED_FOR: Final = "credential"


def seal(sealer: Sealer, credential_id: UUID, data: dict[str, Any]) -> bytes:
    """A credential's data, sealed for its row: copied to another row it does not open."""
    return sealer.seal(SEALED_FOR, orjson.dumps(data), context=credential_id.bytes)


def unseal(sealer: Sealer, row: CredentialRow) -> dict[str, Any]:
    """A credential's data."""
    data: dict[str, Any] = orjson.loads(sealer.open_sealed(SEALED_FOR, row.sealed, context=row.id.bytes))
    return data


async def credentials_of(tx: Tx, user_id: UUID, method: str | None = None) -> list[CredentialRow]:
    """The credentials of a user, of one method or of all, oldest first. The caller has asked for permission."""
    if method is None:
        return await tx.db.all(store.OF_USER, user_id=user_id)
    return await tx.db.all(store.OF_METHOD, user_id=user_id, method=method)


async def add_credential(
    tx: Tx, *, user_id: UUID, method: str, data: dict[str, Any], lookup_key: str | None = None, label: str | None = None
) -> CredentialRow:
    """Stores a new credential."""
    credential_id = new_id()
    row = CredentialRow(
        id=credential_id,
        user_id=user_id,
        method=method,
        lookup_key=lookup_key,
        sealed=seal(tx.tools.sealer, credential_id, data),
        label=label,
        created_at=tx.now,
        updated_at=tx.now,
        last_used_at=None,
    )
    await tx.db.run(store.INSERT, **row._asdict())
    return row


async def add_credentials(tx: Tx, *, method: str, given: Sequence[tuple[UUID, dict[str, Any]]]) -> None:
    """Stores many new credentials of one method at once. given: pairs of user and data."""
    ids = new_row_ids(len(given))
    dumps = orjson.dumps
    sealed = tx.tools.sealer.seal_many(
        SEALED_FOR, [(dumps(data), each.bytes) for each, (_, data) in zip(ids, given, strict=True)]
    )
    now = tx.now
    rows = [
        (each, user_id, method, None, closed, None, now, now, None)
        for each, (user_id, _), closed in zip(ids, given, sealed, strict=True)
    ]
    await tx.db.insert(store.NEW, rows)


async def credentials_of_many(tx: Tx, user_ids: Sequence[UUID], method: str) -> list[CredentialRow]:
    """The credentials of one method of some users. The caller has asked for permission."""
    return await tx.db.all(store.OF_USERS, user_ids=list(user_ids), method=method)


async def replace_data(tx: Tx, row: CredentialRow, data: dict[str, Any], *, only_if_same: bool = False) -> bool:
    """Replaces a credential's data; answers whether it did. only_if_same: not when it has changed since it was read."""
    sealed = seal(tx.tools.sealer, row.id, data)
    if only_if_same:
        return bool(await tx.db.run(store.REPLACE_SAME, id=row.id, present=row.sealed, sealed=sealed, now=tx.now))
    return bool(await tx.db.run(store.REPLACE, id=row.id, sealed=sealed, now=tx.now))


async def methods_of(tx: Tx, user_id: UUID) -> list[str]:
    """The methods that a user has credentials of, one for each credential."""
    return [method for (method,) in await tx.db.all(store.METHODS_OF, user_id=user_id)]


async def changed_at(tx: Tx, credential_id: UUID) -> datetime | None:
    """When a credential was made or changed last; None when it is gone. Using one does not change it."""
    row = await tx.db.first(store.CHANGED_AT, id=credential_id)
    return None if row is None else row[0]


async def find_by_key(tx: Tx, method: str, lookup_key: str) -> CredentialRow | None:
    """The credential of a method with this key, whoever has it. For signing in: asks no permission."""
    return await tx.db.first(store.FIND_BY_KEY, method=method, lookup_key=lookup_key)


async def find_credential(tx: Tx, user_id: UUID, credential_id: UUID) -> CredentialRow | None:
    """One credential of a user. The caller has asked for permission."""
    return await tx.db.first(store.FIND, id=credential_id, user_id=user_id)


async def rename_credential(tx: Tx, user_id: UUID, credential_id: UUID, label: str | None) -> bool:
    """Gives a credential of a user another name; answers whether there is such a one."""
    return bool(await tx.db.run(store.RENAME, id=credential_id, user_id=user_id, label=label))


async def remove_credential(tx: Tx, user_id: UUID, credential_id: UUID) -> bool:
    """Removes a credential of a user; answers whether there was such a one."""
    return bool(await tx.db.run(store.REMOVE, id=credential_id, user_id=user_id))


async def remove_credentials(tx: Tx, user_id: UUID, method: str) -> int:
    """Removes the credentials of one method of a user; answers how many that were."""
    return await tx.db.run(store.REMOVE_METHOD, user_id=user_id, method=method)


async def mark_used_so(tx: Tx, row: CredentialRow, data: dict[str, Any]) -> bool:
    """Records a use that changes the data, such as the last step of a code; of many at once, one succeeds.

    Answers no when the data is no longer what the caller read.
    """
    sealed = seal(tx.tools.sealer, row.id, data)
    return bool(await tx.db.run(store.USED_SO, id=row.id, present=row.sealed, sealed=sealed, now=tx.now))


async def mark_used(tx: Tx, row: CredentialRow) -> bool:
    """Records the use of a credential; answers no when it was replaced or removed since it was read.

    Where the transaction is not open yet, that is found out when it is (see `Tx.require`).
    """
    return await tx.require(store.USED, id=row.id, present=row.sealed, now=tx.now)
