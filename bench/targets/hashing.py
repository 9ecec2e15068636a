"""The raw hash: Argon2id verifications per second with as many threads as the machine has cores, and nothing else.

`python -m bench.targets.hashing SECONDS LIBRARY` prints one JSON object. It is a process of its own, as the servers are.
LIBRARY is `argon2-cffi`, which the peer hashes with, or `ours`: as Doorward does it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from bench.people import PASSWORD, hasher, password_hash
from doorward.infra.crypto.hashing.hasher import PasswordHasher
from doorward.infra.crypto.hashing.settings import HashingSettings


def verifier(library: str) -> Callable[[], object]:
    """What verifies the password that all people share, with one of the libraries."""
    stored = password_hash()
    if library == "ours":
        ours = PasswordHasher(HashingSettings())
        return lambda: ours.verify(PASSWORD, stored)
    argon2 = hasher()
    return lambda: argon2.verify(stored, PASSWORD)


def rate(seconds: float, threads: int, check: Callable[[], object]) -> tuple[int, float]:
    """Verifications that ended within the window, and its length in seconds."""
    check()
    begun = perf_counter()
    until = begun + seconds

    def verify() -> tuple[int, float]:
        done = 0
        while perf_counter() < until:
            check()
            done += 1
        return done, perf_counter()

    with ThreadPoolExecutor(threads) as pool:
        ended = list(pool.map(lambda _: verify(), range(threads)))
    # The last verification of each thread ends after the window: all of the time counts, as all of the work does.
    return sum(done for done, _ in ended), sum(end - begun for _, end in ended) / threads


if __name__ == "__main__":
    cores = len(os.sched_getaffinity(0))
    verified, took = rate(float(sys.argv[1]), cores, verifier(sys.argv[2]))
    print(json.dumps({"verified": verified, "seconds": took, "threads": cores}))
