"""Time-based one-time passwords: RFC 6238 on top of RFC 4226 section 5.3."""

from __future__ import annotations

import hmac
from typing import Final, Literal

Algorithm = Literal["SHA1", "SHA256", "SHA512"]

PERIOD_SECONDS: Final = 30
# RFC 4226 section 4 (R6) wants 128 bits and recommends 160; as long as the hash is what RFC 6238 section 3 (R3) has in mind.
SECRET_BYTES: Final[dict[Algorithm, int]] = {"SHA1": 20, "SHA256": 32, "SHA512": 64}
_LOW_FOUR: Final = 0x0F
_NO_SIGN: Final = 0x7FFFFFFF


def step_at(seconds: float) -> int:
    """The number of the time step of a moment, in seconds since 1970."""
    return int(seconds // PERIOD_SECONDS)


def password_of(secret: bytes, step: int, *, digits: int, algorithm: Algorithm) -> str:
    """The one-time password of a step."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), algorithm)
    offset = mac[-1] & _LOW_FOUR
    number = int.from_bytes(mac[offset : offset + 4], "big") & _NO_SIGN
    return str(number % 10**digits).zfill(digits)
