"""Store, find and replace credentials, for the methods of signing in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from doorward.domain.credentials import store
from doorward.domain.credentials.store import CredentialRow
from doorward.infra.crypto.sealing import Sealer
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import new_id

_PURPOSE = "credential"


def seal(sealer: Sealer, credential_id: UUID, data: dict[str, Any]) -> bytes:
    """A credential's data, sealed for its row: copied to another row it does not open."""
    return sealer.seal(_PURPOSE, orjson.dumps(data), context=credential_id.bytes)


def unseal(sealer: Sealer, row: CredentialRow) -> dict[str, Any]:
    """A credential's data."""
    data: dict[str, Any] = orjson.loads(sealer.open_sealed(_PURPOSE, row.sealed, context=row.id.bytes))
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
    sealer = tx.tools.sealer
    rows = []
    for user_id, data in given:
        credential_id = new_id()
        sealed = seal(sealer, credential_id, data)
        rows.append((credential_id, user_id, method, None, sealed, None, tx.now, tx.now, None))
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


async def mark_used(tx: Tx, row: CredentialRow) -> bool:
    """Records the use of a credential; answers no when it was replaced or removed since it was read."""
    return bool(await tx.db.run(store.USED, id=row.id, present=row.sealed, now=tx.now))
