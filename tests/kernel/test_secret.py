"""Random values under heavy demand: from many threads at once and on both sides of a fork, none comes twice."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from doorward.kernel.secret import new_secret

_FORKED = """
import os, sys
from doorward.kernel.secret import new_secret
before = new_secret()
child = os.fork()
drawn = [new_secret() for _ in range(100)]
os.write(1, ("\\n".join(drawn) + "\\n").encode())
if child:
    os.waitpid(child, 0)
"""


def test_many_threads_draw_no_value_twice() -> None:
    with ThreadPoolExecutor(8) as threads:
        drawn = [
            value for batch in threads.map(lambda _: [new_secret() for _ in range(2_000)], range(8)) for value in batch
        ]
    assert len(set(drawn)) == len(drawn) == 16_000


def test_a_fork_draws_values_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", _FORKED], capture_output=True, text=True, check=True, timeout=60)
    drawn = done.stdout.split()
    assert len(set(drawn)) == len(drawn) == 200
