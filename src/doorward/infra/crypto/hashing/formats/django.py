"""The hashers of Django: its own strings for PBKDF2 and scrypt, and its prefixes before Argon2 and bcrypt."""

from __future__ import annotations

import hashlib
import re
from functools import partial

from doorward.infra.crypto.hashing.formats import argon2, bcrypt, pbkdf2, scrypt
from doorward.infra.crypto.hashing.formats.stored import StoredHash, padded_base64

_PBKDF2 = re.compile(r"pbkdf2_(sha1|sha256)\$([1-9]\d{0,7})\$([^$]{1,256})\$([A-Za-z0-9+/]{1,256}={0,2})", re.ASCII)
_SCRYPT = re.compile(
    r"scrypt\$([1-9]\d{0,9})\$([^$]{1,256})\$([1-9]\d{0,3})\$([1-9]\d{0,3})\$([A-Za-z0-9+/]{1,256}={0,2})", re.ASCII
)


def parse(encoded: str) -> StoredHash | None:
    """Reads `pbkdf2_sha256$`, `pbkdf2_sha1$`, `scrypt$`, `argon2$argon2id$`, `bcrypt_sha256$$2b$` and `bcrypt$$2b$`."""
    if (match := _PBKDF2.fullmatch(encoded)) is not None:
        inner = pbkdf2.make(match[1], int(match[2]), match[3].encode(), padded_base64(match[4]))
    elif (match := _SCRYPT.fullmatch(encoded)) is not None:
        work, salt, block, lanes, digest = match.groups()
        inner = scrypt.make(int(work), int(block), int(lanes), salt.encode(), padded_base64(digest))
    elif encoded.startswith("argon2$"):
        inner = argon2.parse(encoded.removeprefix("argon2"))
    elif encoded.startswith("bcrypt_sha256$"):
        inner = bcrypt.parse(encoded.removeprefix("bcrypt_sha256$"))
        if inner is not None:
            return StoredHash("django-bcrypt-sha256", partial(_matches_hashed, inner))
    elif encoded.startswith("bcrypt$"):
        inner = bcrypt.parse(encoded.removeprefix("bcrypt$"))
    else:
        return None
    return None if inner is None else StoredHash("django-" + inner.scheme, inner.matches)


def _matches_hashed(inner: StoredHash, password: bytes) -> bool:
    return inner.matches(hashlib.sha256(password).hexdigest().encode())
