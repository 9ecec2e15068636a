"""The three stores count alike: what is allowed passes, the next one not, and time gives it back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from doorward.infra.database.statement import Query
from doorward.infra.limits import limiter as limiter_module
from doorward.infra.limits import memory, redis
from doorward.infra.limits.database import DatabaseCounts, purge_counts, rate_limit_counts
from doorward.infra.limits.limiter import Limiter
from doorward.infra.limits.memory import MemoryCounts
from doorward.infra.limits.rate import Rate, Standing, read_rate, weigh
from doorward.infra.limits.redis import RedisCounts
from doorward.infra.tools import Tools
from doorward.kernel.actor import system
from tests.make.redis import GivenRedis, RedisServer

FIVE = Rate(5, 60)
_ALL: Query[tuple[int]] = Query(select(rate_limit_counts.c.current), tuple[int])


class Time:
    """A clock in seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 6000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("text", "rate"),
    [("10/minute", (10, 60)), ("1/second", (1, 1)), ("100 / 5 minutes", (100, 300)), ("7/Day", (7, 86400))],
)
def test_reads_a_rate(text: str, rate: tuple[int, int]) -> None:
    assert read_rate(text) == rate


@pytest.mark.parametrize("text", ["", "10", "0/minute", "-1/minute", "10/fortnight", "10/0 minutes", "1e3/minute"])
def test_refuses_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="a rate is"):
        read_rate(text)


def test_allows_what_is_left_and_then_nothing() -> None:
    counts = MemoryCounts(Time())
    standings = [counts.take("somebody", FIVE) for _ in range(7)]
    assert [each.remaining for each in standings] == [4, 3, 2, 1, 0, 0, 0]
    assert [each.allowed for each in standings] == [True] * 5 + [False] * 2


def test_keys_and_rates_do_not_meet() -> None:
    counts = MemoryCounts(Time())
    for _ in range(5):
        counts.take("somebody", FIVE)
    assert not counts.take("somebody", FIVE).allowed
    assert counts.take("somebody else", FIVE).allowed
    assert counts.take("somebody", Rate(6, 60)).allowed


def test_the_end_of_a_window_gives_no_second_share() -> None:
    time = Time()
    counts = MemoryCounts(time)
    time.seconds += 59
    assert sum(counts.take("somebody", FIVE).allowed for _ in range(10)) == 5
    time.seconds += 2
    assert sum(counts.take("somebody", FIVE).allowed for _ in range(10)) == 0


def test_whoever_waits_as_long_as_was_said_goes_on_and_no_sooner() -> None:
    for used_at in (0, 17, 59):
        time = Time()
        counts = MemoryCounts(time)
        time.seconds += used_at
        for _ in range(5):
            counts.take("somebody", FIVE)
        said = counts.take("somebody", FIVE).reset
        time.seconds += said - 1.5
        assert not counts.take("somebody", FIVE).allowed
        time.seconds += 1.5
        assert counts.take("somebody", FIVE).allowed, used_at


def test_says_a_second_at_least() -> None:
    assert weigh(Rate(1, 1), 1, 0, 0.999) == Standing(False, 0, 1)


def test_many_callers_cannot_turn_the_limit_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_MOST_KEYS", 100)
    monkeypatch.setattr(memory, "_SHARED", 10)
    counts = MemoryCounts(Time())
    allowed = sum(counts.take(f"caller {number}", Rate(1, 60)).allowed for number in range(1000))
    assert allowed <= 110
    assert len(counts._windows[Rate(1, 60)].current) <= 110


@pytest.mark.integration
async def test_the_database_counts_each_of_many_at_once(committing_tools: Tools) -> None:
    counts = DatabaseCounts(committing_tools)
    standings = await asyncio.gather(*(counts.take("somebody", FIVE) for _ in range(20)))
    assert sum(each.allowed for each in standings) == 5
    assert (await counts.take("somebody else", FIVE)).allowed


@pytest.mark.integration
async def test_the_database_gives_back_with_time_and_forgets(tools: Tools) -> None:
    counts = DatabaseCounts(tools)
    for _ in range(20):
        last = await counts.take("somebody", FIVE)
    assert not last.allowed
    tools.clock.advance(seconds=last.reset)
    assert (await counts.take("somebody", FIVE)).allowed
    tools.clock.advance(minutes=5)
    async with tools.writing(system()) as tx:
        await purge_counts(tx, {})
        assert await tx.db.all(_ALL) == []


@pytest.fixture
async def counting_redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """The one on the port that TEST_REDIS_PORT names, such as a Valkey, or one of our own."""
    given = os.environ.get("TEST_REDIS_PORT")
    server = GivenRedis(int(given)) if given else RedisServer(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def shared_counts(counting_redis: RedisServer) -> AsyncIterator[RedisCounts]:
    counts = RedisCounts(counting_redis.url)
    yield counts
    await counts.close()


@pytest.fixture
async def redis_counts(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisCounts]:
    # What is counted is asked for here, not how quickly a busy machine answers.
    monkeypatch.setattr(redis, "_PATIENCE_SECONDS", 20.0)
    counts = RedisCounts(redis_server.url)
    yield counts
    await counts.close()


@pytest.mark.integration
async def test_redis_counts_each_of_many_at_once(shared_counts: RedisCounts) -> None:
    standings = await asyncio.gather(*(shared_counts.take("somebody", FIVE) for _ in range(20)))
    assert sum(each.allowed for each in standings) == 5
    assert (await shared_counts.take("somebody else", FIVE)).allowed
    assert all(1 <= each.reset <= 60 for each in standings)


@pytest.mark.integration
async def test_an_emptied_redis_is_counted_in_again(counting_redis: RedisServer, shared_counts: RedisCounts) -> None:
    for _ in range(6):
        last = await shared_counts.take("somebody", FIVE)
    assert not last.allowed
    await counting_redis.flush()
    assert (await shared_counts.take("somebody", FIVE)).allowed


@pytest.mark.integration
async def test_counts_by_itself_while_redis_is_away_and_goes_back_by_itself(
    redis_server: RedisServer, redis_counts: RedisCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = Limiter(redis_counts, shares_all=True)
    counter = limiter.counter("test", FIVE, strict=True)

    async def take() -> Standing:
        taken = counter("somebody")
        return taken if isinstance(taken, Standing) else await taken

    with structlog.testing.capture_logs() as lines:
        # A logger that was used before keeps what it wrote to then.
        monkeypatch.setattr(limiter_module, "_log", structlog.stdlib.get_logger("doorward.limits"))
        assert [(await take()).allowed for _ in range(6)] == [True] * 5 + [False]
        await redis_server.stop()
        # Its own counts begin at nothing, and are limits all the same.
        assert [(await take()).allowed for _ in range(6)] == [True] * 5 + [False]
        await redis_server.start()
        monkeypatch.setattr(limiter, "_retry_at", 0.0)
        assert [(await take()).allowed for _ in range(6)] == [True] * 5 + [False]
    assert [line["event"] for line in lines] == [
        "the store of the rate limits is away; each process counts by itself",
        "the store of the rate limits is back",
    ]


@pytest.mark.integration
async def test_nobody_waits_for_a_redis_that_hangs() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    counts = RedisCounts(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    counter = Limiter(counts, shares_all=True).counter("test", FIVE, strict=True)
    async with asyncio.timeout(5):
        taken = [counter("somebody") for _ in range(20)]
        standings = await asyncio.gather(*taken)
    assert sum(each.allowed for each in standings) == 5
    await counts.close()
    server.close()
