"""Argon2 (RFC 9106) by whichever of two libraries computes it quicker.

libsodium takes the wide registers of x86-64 processors (AVX2, AVX-512), which the wheels of argon2-cffi leave alone, but it
knows only one lane, the second version and salts of 16 bytes: what our own hashes have. What others brought along may have
anything, and on other processors libsodium has nothing ahead.
"""

from __future__ import annotations

import platform
from typing import Final

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from nacl.bindings import (
    crypto_pwhash_alg,
    crypto_pwhash_ALG_ARGON2I13,
    crypto_pwhash_ALG_ARGON2ID13,
    crypto_pwhash_argon2i_OPSLIMIT_MIN,
    crypto_pwhash_argon2id_OPSLIMIT_MIN,
    crypto_pwhash_BYTES_MIN,
    crypto_pwhash_SALTBYTES,
)

_HAS_WIDE_REGISTERS: Final = platform.machine().lower() in {"x86_64", "amd64"}
# The variants that libsodium knows: what it calls them, and the fewest passes that it makes.
_KNOWN: Final = {
    Type.ID: (crypto_pwhash_ALG_ARGON2ID13, crypto_pwhash_argon2id_OPSLIMIT_MIN),
    Type.I: (crypto_pwhash_ALG_ARGON2I13, crypto_pwhash_argon2i_OPSLIMIT_MIN),
}


class Argon2FailedError(Exception):
    """Argon2 refuses the parameters, or there is no memory."""


def compute(
    secret: bytes,
    salt: bytes,
    *,
    variant: Type,
    version: int,
    memory_kib: int,
    passes: int,
    lanes: int,
    length: int,
) -> bytes:
    """The Argon2 digest of a secret. version: 19 or 16. length: of the digest in bytes. Raises Argon2FailedError."""
    algorithm, fewest_passes = _KNOWN.get(variant, (0, 0))
    fits = (
        algorithm
        and passes >= fewest_passes
        and lanes == 1
        and version == ARGON2_VERSION
        and len(salt) == crypto_pwhash_SALTBYTES
        and length >= crypto_pwhash_BYTES_MIN
    )
    try:
        if fits and _HAS_WIDE_REGISTERS:
            return crypto_pwhash_alg(length, secret, salt, passes, memory_kib * 1024, algorithm)
        return hash_secret_raw(secret, salt, passes, memory_kib, lanes, length, variant, version)
    except (HashingError, RuntimeError, ValueError) as error:
        raise Argon2FailedError from error
