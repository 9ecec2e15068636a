"""Base64url without padding (RFC 4648 section 5), read strictly: one byte string has exactly one spelling.

Lenient decoders let an attacker respell a token, which defeats lists of seen or revoked ones.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def encode(data: bytes) -> str:
    """The text of these bytes."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of this text. Raises ValueError for padding, foreign characters, stray bits and anything not ASCII."""
    raw = text.encode("ascii")
    data = urlsafe_b64decode(raw + b"==")
    # The decoder skips what it does not know and ignores spare bits; spelling the result again shows both.
    if urlsafe_b64encode(data).rstrip(b"=") != raw:
        raise ValueError("not canonical base64url")
    return data
