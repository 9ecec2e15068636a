"""PBKDF2 (RFC 8018) as passlib, the PHC string format and Werkzeug write it."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import partial

from doorward.infra.crypto.hashing.formats import limits
from doorward.infra.crypto.hashing.formats.stored import StoredHash, is_sound_digest, unpadded_base64

_PASSLIB = re.compile(
    r"\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?([1-9]\d{0,7})(?:,l=\d{1,3})?"
    r"\$([A-Za-z0-9+/.]{0,256})\$([A-Za-z0-9+/.]{1,256})",
    re.ASCII,
)
_WERKZEUG = re.compile(
    r"pbkdf2:(sha1|sha256|sha512):([1-9]\d{0,7})\$([A-Za-z0-9./+_-]{1,256})\$((?:[0-9a-f]{2}){1,128})", re.ASCII
)


def parse(encoded: str) -> StoredHash | None:
    """Reads `$pbkdf2-sha256$rounds$salt$digest` and `pbkdf2:sha256:rounds$salt$hex`."""
    if (match := _PASSLIB.fullmatch(encoded)) is not None:
        salt = unpadded_base64(match[3])
        digest = unpadded_base64(match[4])
        return make(match[1] or "sha1", int(match[2]), salt, digest)
    if (match := _WERKZEUG.fullmatch(encoded)) is not None:
        return make(match[1], int(match[2]), match[3].encode(), bytes.fromhex(match[4]))
    return None


def make(algorithm: str, rounds: int, salt: bytes | None, digest: bytes | None) -> StoredHash | None:
    """The stored hash of these parts; None when one is missing or the rounds are beyond the limit."""
    if salt is None or digest is None or not is_sound_digest(digest) or rounds > limits.PBKDF2_ROUNDS:
        return None
    return StoredHash("pbkdf2-" + algorithm, partial(_matches, algorithm, rounds, salt, digest))


def _matches(algorithm: str, rounds: int, salt: bytes, digest: bytes, password: bytes) -> bool:
    return hmac.compare_digest(hashlib.pbkdf2_hmac(algorithm, password, salt, rounds, len(digest)), digest)
