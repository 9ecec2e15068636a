"""The pool of hashing threads."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from doorward.infra.crypto.hashing import HashingBusy, HashingPool, HashingSettings, PasswordHasher
from doorward.infra.crypto.hashing.problems import PasswordTooLongForScheme

CHEAP = {"argon2_memory_kib": 64, "argon2_time": 1}


class HeldHasher(PasswordHasher):
    """A real hasher that starts when the test allows it, so that a full queue needs no luck."""

    def __init__(self, settings: HashingSettings) -> None:
        super().__init__(settings)
        self.gate = threading.Event()

    def judge(self, password, encoded):
        assert self.gate.wait(30)
        return super().judge(password, encoded)


@contextmanager
def held_pool(**settings) -> Iterator[tuple[HashingPool, HeldHasher]]:
    made = HashingSettings(**CHEAP, **settings)
    hasher = HeldHasher(made)
    pool = HashingPool(made, hasher)
    try:
        yield pool, hasher
    finally:
        hasher.gate.set()
        pool.close()


async def settled() -> None:
    """Lets every task that can run do so: submitting to the pool never waits."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def pool() -> Iterator[HashingPool]:
    settings = HashingSettings(**CHEAP, threads=2)
    made = HashingPool(settings, PasswordHasher(settings))
    yield made
    made.close()


async def test_hashes_and_verifies(pool):
    encoded = await pool.hash("correct horse")
    assert await pool.verify("correct horse", encoded) == (True, False)
    assert await pool.verify("wrong", encoded) == (False, False)
    assert pool.finished == 3
    assert pool.seconds > 0
    assert (pool.running, pool.waiting) == (0, 0)


async def test_an_account_without_a_password_never_matches(pool):
    assert await pool.verify("correct horse", None) == (False, False)
    assert await pool.verify("", None) == (False, False)
    assert pool.finished == 2


async def test_passes_on_what_the_hasher_refuses(pool):
    with pytest.raises(PasswordTooLongForScheme):
        await pool.hash("a" * 5000)
    assert pool.running == 0


async def test_refuses_beyond_the_queue_limit_and_says_when_to_come_back():
    with held_pool(threads=1, queue_limit=2) as (pool, hasher):
        admitted = [asyncio.create_task(pool.verify("x", None)) for _ in range(3)]
        await settled()
        assert (pool.running, pool.waiting) == (1, 2)
        with pytest.raises(HashingBusy) as busy:
            await pool.verify("x", None)
        assert busy.value.retry_after is not None
        assert busy.value.retry_after >= 1
        assert busy.value.kind.status == 503
        assert pool.refused == 1
        hasher.gate.set()
        assert await asyncio.gather(*admitted) == [(False, False)] * 3
        assert await pool.verify("x", None) == (False, False)


async def test_a_waiter_that_goes_away_frees_its_place_at_once_and_is_never_computed():
    with held_pool(threads=1, queue_limit=1) as (pool, hasher):
        first = asyncio.create_task(pool.verify("x", None))
        await settled()
        waiter = asyncio.create_task(pool.verify("x", None))
        await settled()
        assert pool.waiting == 1
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert pool.waiting == 0
        next_one = asyncio.create_task(pool.verify("x", None))
        await settled()
        assert pool.waiting == 1
        hasher.gate.set()
        await asyncio.gather(first, next_one)
        assert pool.finished == 2


async def test_a_caller_that_goes_away_during_the_computation_keeps_its_place_until_the_end():
    with held_pool(threads=1, queue_limit=0) as (pool, _):
        going = asyncio.create_task(pool.verify("x", None))
        await settled()
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going
        assert pool.running == 1
        with pytest.raises(HashingBusy):
            await pool.verify("x", None)
    assert pool.running == 0
    assert pool.finished == 1


async def test_many_at_once_all_get_their_own_answer(pool):
    encoded = [await pool.hash(f"password {number}") for number in range(8)]
    verdicts = await asyncio.gather(
        *(pool.verify(f"password {number}", each) for number in range(8) for each in encoded)
    )
    assert [place for place, verdict in enumerate(verdicts) if verdict.ok] == [number * 9 for number in range(8)]


async def test_the_event_loop_goes_on_while_hashes_are_computed():
    with held_pool(threads=2) as (pool, hasher):
        held = [asyncio.create_task(pool.verify("x", None)) for _ in range(2)]
        await settled()
        # Reached only because nothing above blocked this thread; the hashes end only because it is reached.
        hasher.gate.set()
        await asyncio.gather(*held)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts niceness per thread")
async def test_hashing_threads_step_back_behind_the_thread_of_the_event_loop():
    class WatchedHasher(PasswordHasher):
        def judge(self, password, encoded):
            niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
            return super().judge(password, encoded)

    niceness: list[int] = []
    settings = HashingSettings(**CHEAP, threads=1)
    pool = HashingPool(settings, WatchedHasher(settings))
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    await pool.verify("x", None)
    pool.close()
    assert niceness == [min(own + 5, 19)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own


async def test_closing_cancels_what_waits():
    with held_pool(threads=1) as (pool, hasher):
        tasks = [asyncio.create_task(pool.verify("x", None)) for _ in range(3)]
        await settled()
        closing = asyncio.create_task(asyncio.to_thread(pool.close))
        outcomes = asyncio.gather(*tasks[1:], return_exceptions=True)
        done = await outcomes
        assert all(isinstance(each, asyncio.CancelledError) for each in done)
        hasher.gate.set()
        await closing
        assert await tasks[0] == (False, False)
        assert (pool.running, pool.waiting) == (0, 0)
