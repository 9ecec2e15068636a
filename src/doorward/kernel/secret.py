"""Random values that open something, and how they are compared and stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_secret() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str | bytes) -> bytes:
    """What is stored instead of a random secret: its SHA-256. Only for values of 128 random bits or more, never passwords."""
    return hashlib.sha256(secret.encode() if isinstance(secret, str) else secret).digest()


def same(one: str | bytes, other: str | bytes) -> bool:
    """Whether two secrets are equal, in a time that does not depend on where they differ."""
    left = one.encode() if isinstance(one, str) else one
    right = other.encode() if isinstance(other, str) else other
    return hmac.compare_digest(left, right)
