"""A stored hash that was understood, and the decoding of its parts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import NamedTuple

from doorward.infra.crypto.hashing.formats import limits


class StoredHash(NamedTuple):
    """A hash whose format and cost are acceptable. scheme: its name. matches: whether a password is the one it was made of."""

    scheme: str
    matches: Callable[[bytes], bool]


def unpadded_base64(text: str) -> bytes | None:
    """The bytes of standard base64 without padding, also in passlib's alphabet with `.` for `+`. None when damaged."""
    try:
        return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def padded_base64(text: str) -> bytes | None:
    """The bytes of standard base64 with padding. None when damaged."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def is_sound_unpadded(text: str) -> bool:
    """What `is_sound_digest` says of the bytes of an unpadded text, of whose letters it is known that they are base64."""
    # A single letter over stands for six bits, which are no byte. Imports ask this by the hundred thousand.
    return len(text) % 4 != 1 and limits.DIGEST_BYTES_MIN <= len(text) * 3 // 4 <= limits.DIGEST_BYTES_MAX


def is_sound_digest(digest: bytes | None) -> bool:
    """Whether a digest is long enough to prove anything and short enough to be one."""
    return digest is not None and limits.DIGEST_BYTES_MIN <= len(digest) <= limits.DIGEST_BYTES_MAX
