"""The most that one stored hash may cost. An import could plant a hash that ties up the machine at each sign-in.

Each bound is a few seconds of one slow core and above what any product's defaults ask for.
"""

from __future__ import annotations

from typing import Final

ENCODED_LENGTH: Final = 1024
MEMORY_KIB: Final = 1024 * 1024
# Memory times passes, which is what time is proportional to.
ARGON2_MEMORY_PASSES_KIB: Final = 4 * 1024 * 1024
ARGON2_LANES: Final = 16
BCRYPT_COST: Final = 16
PBKDF2_ROUNDS: Final = 5_000_000
# Shorter digests would be matched by guessing: one of a single byte opens to every 256th password.
DIGEST_BYTES_MIN: Final = 16
DIGEST_BYTES_MAX: Final = 128
