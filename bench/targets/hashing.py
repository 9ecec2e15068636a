"""The raw hash: Argon2id verifications per second with as many threads as the machine has cores, and nothing else.

`python -m bench.targets.hashing SECONDS` prints one JSON object. It is a process of its own, as the servers are.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from bench.people import PASSWORD, hasher, password_hash


def rate(seconds: float, threads: int) -> tuple[int, float]:
    """Verifications that ended within the window, and its length in seconds."""
    argon2 = hasher()
    stored = password_hash()
    argon2.verify(stored, PASSWORD)
    begun = perf_counter()
    until = begun + seconds

    def verify() -> tuple[int, float]:
        done = 0
        while perf_counter() < until:
            argon2.verify(stored, PASSWORD)
            done += 1
        return done, perf_counter()

    with ThreadPoolExecutor(threads) as pool:
        ended = list(pool.map(lambda _: verify(), range(threads)))
    # The last verification of each thread ends after the window: all of the time counts, as all of the work does.
    return sum(done for done, _ in ended), sum(end - begun for _, end in ended) / threads


if __name__ == "__main__":
    cores = len(os.sched_getaffinity(0))
    verified, took = rate(float(sys.argv[1]), cores)
    print(json.dumps({"verified": verified, "seconds": took, "threads": cores}))
