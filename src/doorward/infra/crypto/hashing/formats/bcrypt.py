"""bcrypt in its modular crypt format: `$2a$`, `$2b$` and `$2y$`."""

from __future__ import annotations

import re
from functools import partial

import bcrypt

from doorward.infra.crypto.hashing.formats import limits
from doorward.infra.crypto.hashing.formats.stored import StoredHash

PASSWORD_BYTES = 72
_PATTERN = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)


def parse(encoded: str) -> StoredHash | None:
    """Reads `$2b$12$` and 53 characters of salt and digest."""
    match = _PATTERN.fullmatch(encoded)
    if match is None or not 4 <= int(match[1]) <= limits.BCRYPT_COST:
        return None
    return StoredHash("bcrypt", partial(_matches, encoded.encode()))


def _matches(encoded: bytes, password: bytes) -> bool:
    # Whoever made a hash of a longer password cut it here, so only the cut one can match. Doorward never makes such.
    try:
        return bcrypt.checkpw(password[:PASSWORD_BYTES], encoded)
    except ValueError:
        return False
