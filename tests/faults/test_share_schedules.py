"""F20: several nodes, one set of schedules: each run is queued and done once, whoever lives to do it."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from doorward.features import FEATURES
from doorward.infra.feature import INFRA
from tests.faults import invariants
from tests.faults.invariants import History
from tests.make.processes import Node, nodes

pytestmark = [pytest.mark.integration, pytest.mark.fault, pytest.mark.timeout(300)]

TAKEN_OVER_SECONDS = 30.0
RECURRING = {name for feature in (INFRA, *FEATURES) for name in feature.recurring}

_DONE = re.compile(r'doorward_job_duration_seconds_count\{kind="([^"]+)",result="([^"]+)"\} ([0-9.]+)')


async def runs(alive: Sequence[Node]) -> Counter[str]:
    """How often each kind of job ended on these nodes, by their own figures; nothing may have failed."""
    counted: Counter[str] = Counter()
    for node in alive:
        async with node.client() as client:
            text = (await client.get("/metrics")).text
        for kind, result, number in _DONE.findall(text):
            assert result == "done", (kind, result)
            counted[kind] += int(float(number))
    return counted


async def done(url: str, alive: Sequence[Node], before: Counter[str]) -> Counter[str]:
    """Waits until every schedule has had its turn and no job is left; what was run since then."""
    async with asyncio.timeout(60):
        while (await runs(alive) - before).keys() < RECURRING or await invariants.rows(url, "SELECT id FROM jobs"):  # noqa: ASYNC110 - other processes work
            await asyncio.sleep(0.2)
    return await runs(alive) - before


async def make_all_due(url: str) -> None:
    """Sets every schedule back, as if its time had come."""
    if url.startswith("sqlite"):

        def set_back() -> None:
            connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)
            with connection:
                connection.execute("UPDATE schedules SET next_run_at = 0")
            connection.close()

        await asyncio.to_thread(set_back)
        return
    connection: Any = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE schedules SET next_run_at = now() - interval '1 second'")
    finally:
        await connection.close()


async def test_each_run_happens_once_and_the_living_take_over(own_database_url: str, tmp_path: Path) -> None:
    async with nodes(own_database_url, tmp_path, count=2) as pair:
        every = Counter(dict.fromkeys(RECURRING, 1))
        assert await done(own_database_url, pair, Counter()) == every

        before = await runs(pair)
        await make_all_due(own_database_url)
        assert await done(own_database_url, pair, before) == every

        before = await runs(pair[1:])
        await pair[0].kill()
        began = time.monotonic()
        await make_all_due(own_database_url)
        assert await done(own_database_url, pair[1:], before) == every
        assert time.monotonic() - began < TAKEN_OVER_SECONDS
        await pair[0].start()
        await invariants.hold(own_database_url, pair, History())
