"""Encryption at rest: AES-256-GCM under a key of its own for every purpose (HKDF, RFC 5869), bound to its place.

A sealed value is `version (1) | key id (4) | nonce (12) | ciphertext and tag`. Random nonces are safe for 2^32 values
of one purpose and secret.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES_MIN: Final = 32
_VERSION: Final = b"\x01"
KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
# Where a sealed value says which secret opens it.
KEY_ID_AT: Final = len(_VERSION)
_NONCE_AT: Final = KEY_ID_AT + KEY_ID_BYTES
_DATA_AT: Final = _NONCE_AT + _NONCE_BYTES
_TAG_BYTES: Final = 16


class SealBroken(Exception):  # noqa: N818 - says what happened; an operator reads it, never a caller
    """A stored value cannot be opened."""

    def __init__(self, purpose: str, reason: str) -> None:
        super().__init__(
            f"A sealed value for '{purpose}' cannot be opened: {reason}. Put the previous secret back: after the new one "
            "in DOORWARD_SECRETS, or, where development keeps it, as the file 'secret' in the data folder."
        )


class Sealer:
    """Seals with the first secret and opens with any. secrets: at least 32 bytes of high entropy each, newest first.

    Purposes are constants of the code, never input: a derived key is kept for each.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise ValueError("at least one secret is needed")
        if any(len(secret) < SECRET_BYTES_MIN for secret in secrets):
            raise ValueError(f"a secret needs at least {SECRET_BYTES_MIN} bytes")
        self._secrets = {_expand(secret, "key-id", KEY_ID_BYTES): secret for secret in reversed(secrets)}
        self._current = _expand(secrets[0], "key-id", KEY_ID_BYTES)
        self._ciphers: dict[tuple[bytes, str], AESGCM] = {}
        self._derived: dict[str, tuple[bytes, ...]] = {}
        self._newest_first = tuple(secrets)

    def seal(self, purpose: str, data: bytes, *, context: bytes) -> bytes:
        """Encrypts data. context: what the value belongs to, such as its row's id; it opens in no other context."""
        nonce = os.urandom(_NONCE_BYTES)
        header = _VERSION + self._current
        return header + nonce + self._cipher(self._current, purpose).encrypt(nonce, data, header + context)

    def seal_many(self, purpose: str, values: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
        """Encrypts many values of one purpose as `seal` does each. values: pairs of data and context."""
        header = _VERSION + self._current
        encrypt = self._cipher(self._current, purpose).encrypt
        random = os.urandom
        sealed = []
        for data, context in values:
            nonce = random(_NONCE_BYTES)
            sealed.append(header + nonce + encrypt(nonce, data, header + context))
        return sealed

    def open_sealed(self, purpose: str, sealed: bytes, *, context: bytes) -> bytes:
        """The data of a value sealed for this purpose and context. Raises SealBroken for anything else."""
        header = sealed[:_NONCE_AT]
        if len(sealed) < _DATA_AT + _TAG_BYTES or header[: len(_VERSION)] != _VERSION:
            raise SealBroken(purpose, "it is cut short or of an unknown version")
        key_id = header[len(_VERSION) :]
        if key_id not in self._secrets:
            raise SealBroken(purpose, "it was sealed with a secret that is not configured")
        try:
            return self._cipher(key_id, purpose).decrypt(
                sealed[_NONCE_AT:_DATA_AT], sealed[_DATA_AT:], header + context
            )
        except InvalidTag:
            raise SealBroken(purpose, "it was changed, or belongs to another purpose or place") from None

    @property
    def key_ids(self) -> tuple[bytes, ...]:
        """What names the secrets in sealed values, newest first; it tells nothing of them."""
        return tuple(reversed(self._secrets))

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for another use, such as authenticating cursors, from the first secret."""
        return self.derive_all(purpose)[0]

    def derive_all(self, purpose: str) -> tuple[bytes, ...]:
        """What `derive` gives for each secret, newest first: for checking what an earlier secret made."""
        keys = self._derived.get(purpose)
        if keys is None:
            keys = tuple(_expand(secret, "derive/" + purpose, 32) for secret in self._newest_first)
            self._derived[purpose] = keys
        return keys

    def _cipher(self, key_id: bytes, purpose: str) -> AESGCM:
        cipher = self._ciphers.get((key_id, purpose))
        if cipher is None:
            cipher = AESGCM(_expand(self._secrets[key_id], "seal/" + purpose, 32))
            self._ciphers[key_id, purpose] = cipher
        return cipher


def _expand(secret: bytes, use: str, length: int) -> bytes:
    info = b"doorward/1/" + use.encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)
