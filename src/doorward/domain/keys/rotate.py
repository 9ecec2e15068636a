"""Make a new signing key. The one before it verifies on for a while, so that no valid token is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from doorward.domain.keys import store
from doorward.domain.keys.events import KeyRevoked, KeyRotated
from doorward.domain.keys.ring import SEALED_FOR, KeyRing
from doorward.domain.keys.settings import KeysSettings
from doorward.domain.keys.store import KeyRow
from doorward.infra.crypto.signing import new_signing_key
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.clock import wire
from doorward.kernel.permission import Permission, require

JOB: Final = "keys.rotate"
READ_KEYS: Final = Permission("keys:read", "See signing keys; the public part only.")
ROTATE_KEYS: Final = Permission("keys:rotate", "Make a new signing key.")


async def rotate_key(tx: Tx, *, at_once: bool = False, revoke: bool = False) -> KeyRow:
    """Makes a new signing key and announces it.

    at_once: it signs immediately. revoke: so it does, and no other key verifies any more: for when one leaked. Every access
    token that was handed out before is refused then; refresh tokens and cookies go on.
    """
    require(tx.actor, ROTATE_KEYS)
    settings = tx.section(KeysSettings)
    async with tx.paused():
        made = new_signing_key(settings.algorithm)
    # Two rotations at once are put in line by the rows of the keys that stand.
    first = not await tx.db.all(store.LOCK)
    active_from = tx.now if at_once or revoke or first else tx.now + timedelta(seconds=settings.announce_seconds)
    row = KeyRow(
        kid=made.kid,
        algorithm=made.algorithm,
        public_jwk=made.public_jwk,
        private_sealed=tx.tools.sealer.seal(SEALED_FOR, made.private_der, context=made.kid.encode()),
        created_at=tx.now,
        active_from=active_from,
        expires_at=None,
    )
    await tx.db.run(store.INSERT, **row._asdict())
    await tx.db.run(
        store.RETIRE_OTHERS,
        except_kid=row.kid,
        expires_at=active_from + timedelta(seconds=settings.overlap_seconds),
    )
    tx.emit(KeyRotated(target=row.kid, algorithm=row.algorithm, active_from=wire(active_from)))
    if revoke:
        for revoked in await tx.db.all(store.REVOKE_OTHERS, except_kid=row.kid, now=tx.now):
            tx.emit(KeyRevoked(target=revoked.kid, algorithm=revoked.algorithm))
    tx.after_commit(tx.tools.hold(KeyRing).forget)
    return row


async def list_keys(tx: Tx) -> list[KeyRow]:
    """The keys that sign, will sign or still verify, in the order in which they were made."""
    require(tx.actor, READ_KEYS)
    return await tx.db.all(store.LIVING, now=tx.now)


async def ensure_key(tx: Tx) -> None:
    """Makes the first signing key where there is none."""
    if not await tx.db.all(store.LIVING, now=tx.now):
        await rotate_key(tx, at_once=True)


async def rotate_when_due(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Rotates when the newest key is old enough, and forgets keys that verify no more. A scheduled job."""
    days = tx.section(KeysSettings).rotate_days
    keys = await tx.db.all(store.LIVING, now=tx.now)
    newest = max((key.active_from for key in keys), default=None)
    if days and (newest is None or newest + timedelta(days=days) <= tx.now):
        await rotate_key(tx)
    await tx.db.run(store.FORGET, before=tx.now - timedelta(days=1))
