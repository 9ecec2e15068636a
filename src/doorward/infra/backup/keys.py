"""What opens a backup: a passphrase, stretched by scrypt (RFC 7914), or a key of the installation's secret (HKDF, RFC 5869).

Either gives each file a key of its own, by the random salt in the file's head.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorward.infra.crypto.sealing import Sealer

Source = Literal["secrets", "passphrase"]

SALT_BYTES: Final = 32
_INFO: Final = b"doorward/backup/1"
# 128 MiB and a third of a second for each guess. Constants of the format: a forged head cannot ask for more.
_SCRYPT_N: Final = 2**17
_SCRYPT_R: Final = 8
_SCRYPT_MEMORY: Final = 160 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys at hand. secrets: keys of the installation's secrets, newest first. passphrase: seals instead, if there is one."""

    secrets: tuple[bytes, ...] = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, sealer: Sealer | None, passphrase: str | None) -> Keys:
        """From what an installation has. sealer: None where its secret is not known."""
        return cls(sealer.derive_all("backup") if sealer is not None else (), passphrase)

    @property
    def seals_by(self) -> Source:
        """What a new backup is sealed with."""
        return "secrets" if self.passphrase is None else "passphrase"

    def ciphers(self, source: Source, salt: bytes) -> Iterator[AESGCM]:
        """The ciphers that a file of this source and salt may be sealed with, likeliest first; none without a key for it."""
        if source == "passphrase":
            if self.passphrase is not None:
                yield _cipher(_stretched(self.passphrase, salt), salt)
            return
        for key in self.secrets:
            yield _cipher(key, salt)


def _stretched(passphrase: str, salt: bytes) -> bytes:
    # Typed on two keyboards, one passphrase can be two sequences of code points.
    text = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=1, maxmem=_SCRYPT_MEMORY, dklen=32)


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=_INFO).derive(key))
