"""Argon2 in its own string format (RFC 9106, PHC string format), all three variants, both versions."""

from __future__ import annotations

import hmac
import re
from functools import lru_cache, partial
from typing import NamedTuple

from argon2.low_level import Type

from doorward.infra.crypto.hashing.digest import Argon2FailedError, compute
from doorward.infra.crypto.hashing.formats import limits
from doorward.infra.crypto.hashing.formats.stored import StoredHash, is_sound_unpadded, unpadded_base64

_PATTERN = re.compile(
    r"(\$argon2(?:id|i|d)(?:\$v=(?:16|19))?\$m=[1-9]\d{0,7},t=[1-9]\d{0,7},p=[1-9]\d{0,2})"
    r"\$([A-Za-z0-9+/]{11,128})\$([A-Za-z0-9+/]{1,256})",
    re.ASCII,
)
_COST = re.compile(r"\$argon2(id|i|d)(?:\$v=(\d+))?\$m=(\d+),t=(\d+),p=(\d+)", re.ASCII)
# Strings without a version are of the first one.
_FIRST_VERSION = 16
_TYPES = {"id": Type.ID, "i": Type.I, "d": Type.D}


class Cost(NamedTuple):
    """What the head of a stored hash says. variant: `id`, `i` or `d`. version: 16 or 19. memory: in KiB."""

    variant: str
    version: int
    memory: int
    passes: int
    lanes: int


def parse(encoded: str) -> StoredHash | None:
    """Reads `$argon2id$v=19$m=19456,t=2,p=1$salt$digest`."""
    match = _PATTERN.fullmatch(encoded)
    if match is None:
        return None
    head, salt, digest = match.groups()
    cost = _bearable(head)
    # A single letter over stands for six bits, which are no byte.
    if cost is None or not is_sound_unpadded(digest) or len(salt) % 4 == 1:
        return None
    return StoredHash("argon2" + cost.variant, partial(_matches, cost, salt, digest))


@lru_cache(maxsize=64)
def _bearable(head: str) -> Cost | None:
    """What the head of a stored hash says, if it costs no more than is bearable. Many hashes have the same head."""
    match = _COST.fullmatch(head)
    if match is None:
        return None
    variant, version, *numbers = match.groups()
    memory_kib, passes, parallelism = (int(each) for each in numbers)
    if (
        memory_kib > limits.MEMORY_KIB
        or memory_kib < 8 * parallelism
        or memory_kib * passes > limits.ARGON2_MEMORY_PASSES_KIB
        or parallelism > limits.ARGON2_LANES
    ):
        return None
    return Cost(variant, int(version or _FIRST_VERSION), memory_kib, passes, parallelism)


def _matches(cost: Cost, salt: str, digest: str, password: bytes) -> bool:
    salt_bytes, expected = unpadded_base64(salt), unpadded_base64(digest)
    if salt_bytes is None or expected is None:
        return False
    try:
        found = compute(
            password,
            salt_bytes,
            variant=_TYPES[cost.variant],
            version=cost.version,
            memory_kib=cost.memory,
            passes=cost.passes,
            lanes=cost.lanes,
            length=len(expected),
        )
    except Argon2FailedError:
        return False
    return hmac.compare_digest(found, expected)
