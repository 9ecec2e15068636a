"""The signing keys of this process: which one signs now, which ones verify.

Read from the database and kept for some seconds. A token with an unknown key id leads to one new look at most each
second, so that a key rotated by another process is known at once and made-up ids cause no storm.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from doorward.domain.keys import store
from doorward.domain.keys.store import KeyRow
from doorward.infra.crypto.signing import PublicKey, Signer, SigningKey, Verifier, public_key
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.tools import Tools
from doorward.kernel.actor import system

SEALED_FOR: Final = "signing-key"
# Also for how long another process goes on to accept a key that was revoked.
_FRESH: Final = timedelta(seconds=5)
_LOOK_AGAIN: Final = timedelta(seconds=1)
_NO_TIME: Final = timedelta(0)


class KeyRing:
    """Held by Tools; one for each process. hits, misses: uses that what is known was fresh enough for, or not."""

    def __init__(self) -> None:
        self._read_at: datetime | None = None
        self._keys: list[KeyRow] = []
        self._signers: dict[str, Signer] = {}
        self._public: dict[str, PublicKey] = {}
        self.verifier = Verifier({})
        self.hits = 0
        self.misses = 0

    async def refresh(self, tx: Tx) -> None:
        """Reads the keys when what is known is too old."""
        if self.is_fresh(tx):
            self.hits += 1
            return
        self.misses += 1
        await self.read(tx)

    def is_fresh(self, tx: Tx) -> bool:
        """Whether what is known is new enough."""
        return self._read_at is not None and _NO_TIME <= tx.now - self._read_at < _FRESH

    async def look_again(self, tx: Tx) -> bool:
        """After a token named a key that is not known: whether there was a new look, which at most one in a second gets."""
        if self._read_at is not None and _NO_TIME <= tx.now - self._read_at < _LOOK_AGAIN:
            return False
        await self.read(tx)
        return True

    async def read(self, tx: Tx) -> None:
        """Reads the keys from the database."""
        # By the caller's own access: whoever is in a transaction and waited here for a second connection would wait for
        # others who do the same.
        self._take(tx.tools, await tx.db.all(store.LIVING, now=tx.now), tx.now)

    def _take(self, tools: Tools, rows: list[KeyRow], now: datetime) -> None:
        for row in rows:
            if row.kid not in self._public:
                der = tools.sealer.open_sealed(SEALED_FOR, row.private_sealed, context=row.kid.encode())
                self._signers[row.kid] = Signer(
                    SigningKey(kid=row.kid, algorithm=_algorithm(row), private_der=der, public_jwk=row.public_jwk)
                )
                # Last, so that a key which does not open is tried again and not taken for a known one.
                self._public[row.kid] = public_key(row.public_jwk)
        living = {row.kid for row in rows}
        if living != self._public.keys() or {row.kid for row in self._keys} != living:
            self._public = {kid: key for kid, key in self._public.items() if kid in living}
            self._signers = {kid: signer for kid, signer in self._signers.items() if kid in living}
            self.verifier = Verifier(self._public)
        self._keys = rows
        self._read_at = now

    def signer(self, now: datetime) -> Signer:
        """The signer of this moment: of the key made last among those whose time has come."""
        for row in reversed(self._keys):
            if row.active_from <= now:
                return self._signers[row.kid]
        # All are announced only (a clock that jumped back): the oldest must do.
        if self._keys:
            return self._signers[self._keys[0].kid]
        raise RuntimeError("there is no signing key; run `doorward key rotate`")

    def published(self, now: datetime) -> list[dict[str, Any]]:
        """The public keys as members of a JWK Set (RFC 7517 section 5)."""
        return [
            {**row.public_jwk, "kid": row.kid, "alg": row.algorithm, "use": "sig"}
            for row in self._keys
            if row.expires_at is None or row.expires_at > now
        ]

    def forget(self) -> None:
        """What is known is no longer true: the next use reads anew."""
        self._read_at = None


def _algorithm(row: KeyRow) -> Any:
    return row.algorithm


async def check_keys_open(tools: Tools) -> None:
    """Reads every living key, so that a wrong secret is found at the start and not by the first request. Raises SealBroken."""
    await tools.hold(KeyRing).read(tools.reader(system()))


async def ring(tx: Tx) -> KeyRing:
    """The ring of this process, fresh enough to use."""
    held = tx.tools.hold(KeyRing)
    await held.refresh(tx)
    return held
