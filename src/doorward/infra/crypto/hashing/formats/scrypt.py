"""scrypt (RFC 7914) as passlib, the PHC string format and Werkzeug write it."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import partial

from doorward.infra.crypto.hashing.formats import limits
from doorward.infra.crypto.hashing.formats.stored import StoredHash, is_sound_digest, unpadded_base64

_PASSLIB = re.compile(
    r"\$scrypt\$ln=([1-9]\d?),r=([1-9]\d{0,3}),p=([1-9]\d{0,3})\$([A-Za-z0-9+/.]{0,256})\$([A-Za-z0-9+/.]{1,256})",
    re.ASCII,
)
_WERKZEUG = re.compile(
    r"scrypt:([1-9]\d{0,9}):([1-9]\d{0,3}):([1-9]\d{0,3})\$([A-Za-z0-9./+_-]{1,256})\$((?:[0-9a-f]{2}){1,128})",
    re.ASCII,
)


def parse(encoded: str) -> StoredHash | None:
    """Reads `$scrypt$ln=16,r=8,p=1$salt$digest` and `scrypt:32768:8:1$salt$hex`."""
    if (match := _PASSLIB.fullmatch(encoded)) is not None:
        salt = unpadded_base64(match[4])
        digest = unpadded_base64(match[5])
        return make(1 << int(match[1]), int(match[2]), int(match[3]), salt, digest)
    if (match := _WERKZEUG.fullmatch(encoded)) is not None:
        return make(int(match[1]), int(match[2]), int(match[3]), match[4].encode(), bytes.fromhex(match[5]))
    return None


def make(work: int, block: int, lanes: int, salt: bytes | None, digest: bytes | None) -> StoredHash | None:
    """The stored hash of these parts; None when one is missing or breaks a limit. work: RFC 7914's N, block: its r."""
    if (
        salt is None
        or digest is None
        or not is_sound_digest(digest)
        or work < 2
        or work & (work - 1)
        or work * block * lanes * 128 > limits.MEMORY_KIB * 1024
    ):
        return None
    return StoredHash("scrypt", partial(_matches, work, block, lanes, salt, digest))


def _matches(work: int, block: int, lanes: int, salt: bytes, digest: bytes, password: bytes) -> bool:
    memory = 128 * block * (work + lanes + 2) + (1 << 20)
    try:
        made = hashlib.scrypt(password, salt=salt, n=work, r=block, p=lanes, maxmem=memory, dklen=len(digest))
    except ValueError:
        return False
    return hmac.compare_digest(made, digest)
