"""Recognizing RSA keys of a faulty chip library (ROCA, CVE-2017-15361), which can be factored from the public half.

Their primes are powers of 65537 modulo many small primes, so the modulus is one too; of other keys none in 2^60 is.
"""

from __future__ import annotations

from typing import Final

_PRIMES: Final = (
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
)  # fmt: skip


def _powers(prime: int) -> frozenset[int]:
    found = set()
    power = 1
    while power not in found:
        found.add(power)
        power = power * 65537 % prime
    return frozenset(found)


_POWERS: Final = {prime: _powers(prime) for prime in _PRIMES}


def is_weak(modulus: int) -> bool:
    """Whether the modulus has the fingerprint."""
    return all(modulus % prime in powers for prime, powers in _POWERS.items())
