"""Argon2 in its own string format (RFC 9106, PHC string format), all three variants, both versions."""

from __future__ import annotations

import re
from functools import lru_cache, partial

from argon2.exceptions import Argon2Error, VerificationError
from argon2.low_level import Type, verify_secret

from doorward.infra.crypto.hashing.formats import limits
from doorward.infra.crypto.hashing.formats.stored import StoredHash, is_sound_unpadded

_PATTERN = re.compile(
    r"(\$argon2(?:id|i|d)(?:\$v=(?:16|19))?\$m=[1-9]\d{0,7},t=[1-9]\d{0,7},p=[1-9]\d{0,2})"
    r"\$[A-Za-z0-9+/]{11,128}\$([A-Za-z0-9+/]{1,256})",
    re.ASCII,
)
_COST = re.compile(r"\$argon2(id|i|d)(?:\$v=\d+)?\$m=(\d+),t=(\d+),p=(\d+)", re.ASCII)
_TYPES = {"id": Type.ID, "i": Type.I, "d": Type.D}


def parse(encoded: str) -> StoredHash | None:
    """Reads `$argon2id$v=19$m=19456,t=2,p=1$salt$digest`."""
    match = _PATTERN.fullmatch(encoded)
    if match is None:
        return None
    head, digest = match.groups()
    variant = _bearable(head)
    if variant is None or not is_sound_unpadded(digest):
        return None
    return StoredHash("argon2" + variant, partial(_matches, encoded, _TYPES[variant]))


@lru_cache(maxsize=64)
def _bearable(head: str) -> str | None:
    """The variant that the head of a stored hash names, if what it costs is bearable. Many hashes have the same head."""
    match = _COST.fullmatch(head)
    if match is None:
        return None
    variant, memory, time, lanes = match.groups()
    memory_kib, passes, parallelism = int(memory), int(time), int(lanes)
    if (
        memory_kib > limits.MEMORY_KIB
        or memory_kib < 8 * parallelism
        or memory_kib * passes > limits.ARGON2_MEMORY_PASSES_KIB
        or parallelism > limits.ARGON2_LANES
    ):
        return None
    return variant


def _matches(encoded: str, variant: Type, password: bytes) -> bool:
    try:
        return verify_secret(encoded.encode(), password, variant)
    except (VerificationError, Argon2Error, ValueError):
        return False
