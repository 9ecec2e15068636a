"""A process beside this one: in order, to the end, with its errors, and never longer than the one it works for.

Each test forks from a process of its own, as commands do: the one that runs the tests has threads.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="a process beside this one is made on Linux only"),
]

_SRC = Path(__file__).parents[2] / "src"
_BEGIN = """
import asyncio, os, signal, time
from doorward.infra.beside import Beside

async def all_of(beside):
    found = []
    while (one := await beside.next()) is not None:
        found.append(one)
    return found

def counted(count):
    for number in range(count):
        yield b"%d" % number * 100_000
"""


def script(text: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _BEGIN + text],
        env=os.environ | {"PYTHONPATH": str(_SRC)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(text: str) -> str:
    with script(text) as process:
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return out.strip()


def test_gives_everything_in_order_and_then_the_end() -> None:
    found = said("""
async def main(beside):
    beside.begin(12)
    found = await all_of(beside)
    print([int(each[:1] if len(each) == 100_000 else each[:2]) for each in found], await beside.next())

beside = Beside(counted)
asyncio.run(main(beside))
beside.close()
""")
    assert found == f"{list(range(12))} None"


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        ("OSError(5, 'Input/output error')", "OSError(5, 'Input/output error')"),
        ("Unusual(lambda: None)", "RuntimeError('the process beside this one failed: Unusual')"),
    ],
)
def test_raises_what_was_raised_there_after_what_came_before(error: str, seen: str) -> None:
    found = said(f"""
class Unusual(Exception):
    pass

def failing(_):
    yield b"first"
    raise {error}

async def main(beside):
    beside.begin(None)
    print(await beside.next())
    try:
        await beside.next()
    except Exception as problem:
        print(repr(problem))

beside = Beside(failing)
asyncio.run(main(beside))
beside.close()
""")
    assert found.splitlines() == ["b'first'", seen]


def test_says_so_when_the_process_was_killed() -> None:
    found = said("""
def dying(_):
    yield b"first"
    os.kill(os.getpid(), signal.SIGKILL)

async def main(beside):
    beside.begin(None)
    await beside.next()
    try:
        await beside.next()
    except RuntimeError as problem:
        print(problem)

beside = Beside(dying)
asyncio.run(main(beside))
beside.close()
""")
    assert found == "the process beside this one has ended before its work was done"


def test_ends_at_once_when_told_to_and_lets_nothing_wait() -> None:
    found = said("""
async def main(beside):
    beside.begin(1_000_000_000)
    print(len(await beside.next()))

beside = Beside(counted)
asyncio.run(main(beside))
beside.close()
Beside(counted).close()  # one that never began
""")
    assert found == "100000"


@pytest.mark.parametrize("begins", [True, False])
def test_ends_when_the_process_it_works_for_was_killed(*, begins: bool) -> None:
    with script(f"""
beside = Beside(counted)
if {begins}:
    beside.begin(1_000_000_000)
print(beside._process.pid, flush=True)
time.sleep(600)
""") as process:
        assert process.stdout is not None
        child = os.pidfd_open(int(process.stdout.readline()))
        try:
            process.send_signal(signal.SIGKILL)
            ended, _, _ = select.select([child], [], [], 30)
        finally:
            os.close(child)
    assert ended, "it outlived the process it works for"
