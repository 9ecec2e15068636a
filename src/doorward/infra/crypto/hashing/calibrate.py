"""Finding the Argon2id cost that takes a wanted time on this machine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from argon2.low_level import ARGON2_VERSION, Type

from doorward.infra.crypto.hashing.digest import compute
from doorward.infra.crypto.hashing.formats import limits

MEMORY_FLOOR_KIB: Final = 19456
TIME_FLOOR: Final = 2
_MEMORY_STEP_KIB: Final = 1024
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one hash cost. memory_kib: KiB. passes: over the memory. seconds: the fastest of a few hashes."""

    memory_kib: int
    passes: int
    parallelism: int
    seconds: float


def calibrate(
    target_seconds: float,
    *,
    memory_ceiling_kib: int = 262144,
    parallelism: int = 1,
    report: Callable[[Measurement], None] | None = None,
) -> Measurement:
    """The Argon2id cost that comes nearest below a time for one hash: more memory first, then more passes.

    Never below 19456 KiB and 2 passes, so the result can take longer than the target on a slow machine; compare
    `seconds`. memory_ceiling_kib: the most memory for one hash. report: called with each measurement as it is made.
    """

    def measured(memory_kib: int, passes: int) -> Measurement:
        result = measure(memory_kib, passes, parallelism)
        if report is not None:
            report(result)
        return result

    best = measured(MEMORY_FLOOR_KIB, TIME_FLOOR)
    if best.seconds >= target_seconds:
        return best
    memory_kib = min(int(best.memory_kib * target_seconds / best.seconds), memory_ceiling_kib)
    while (memory_kib := memory_kib // _MEMORY_STEP_KIB * _MEMORY_STEP_KIB) > best.memory_kib:
        tried = measured(memory_kib, TIME_FLOOR)
        if tried.seconds <= target_seconds:
            best = tried
            break
        memory_kib = min(int(memory_kib * target_seconds / tried.seconds), memory_kib - _MEMORY_STEP_KIB)
    passes = int(best.passes * target_seconds / best.seconds)
    passes = min(passes, limits.ARGON2_MEMORY_PASSES_KIB // best.memory_kib)
    while passes > best.passes:
        tried = measured(best.memory_kib, passes)
        if tried.seconds <= target_seconds:
            return tried
        passes -= 1
    return best


def measure(memory_kib: int, passes: int, parallelism: int = 1) -> Measurement:
    """Measures one Argon2id hash of this cost: the fastest of three, since other load only ever slows one down."""
    salt = secrets.token_bytes(16)
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        compute(
            b"correct horse battery staple",
            salt,
            variant=Type.ID,
            version=ARGON2_VERSION,
            memory_kib=memory_kib,
            passes=passes,
            lanes=parallelism,
            length=32,
        )
        seconds.append(time.perf_counter() - started)
    return Measurement(memory_kib, passes, parallelism, min(seconds))
