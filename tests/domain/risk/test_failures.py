"""Wrong answers: slowed down, locked out, and counted alike whether or not there is such an account."""

from __future__ import annotations

import pytest

from doorward.domain.risk.failures import (
    Subject,
    forget_failures,
    purge_failures,
    take_guess,
    unlock,
    was_right,
    was_wrong,
)
from doorward.domain.risk.problems import TooManyAttempts
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, system
from doorward.kernel.ids import new_id
from tests.make.actors import logged
from tests.make.people import make_user

pytestmark = pytest.mark.integration


async def wrong(tools: Tools, subject: Subject) -> None:
    async with tools.writing(anonymous()) as tx:
        await was_wrong(tx, await take_guess(tx, subject))


async def waits(tools: Tools, subject: Subject) -> int:
    """For how long the next answer has to wait, in seconds."""
    async with tools.writing(anonymous()) as tx:
        try:
            guess = await take_guess(tx, subject)
        except TooManyAttempts as problem:
            return problem.retry_after or 0
        await was_right(tx, guess)
    return 0


async def test_waits_longer_from_the_third_on_and_locks_at_the_tenth(tools: Tools) -> None:
    ada = await make_user(tools)
    known, unknown = Subject(ada.id, "", "192.0.2.1"), Subject(None, "someone", "192.0.2.1")
    for subject in (known, unknown):
        pauses = []
        for _ in range(10):
            await wrong(tools, subject)
            pauses.append(await waits(tools, subject))
            tools.clock.advance(seconds=pauses[-1])  # type: ignore[attr-defined]
        assert pauses == [0, 0, 1, 2, 4, 8, 16, 32, 64, 900]
    (event,) = await logged(tools, type_="account.locked")
    assert event.user_id == ada.id


async def test_each_lock_lasts_twice_as_long_up_to_a_day(tools: Tools) -> None:
    ada = await make_user(tools)
    subject = Subject(ada.id, "", "192.0.2.1")
    locks = []
    for _ in range(9):
        for _ in range(10):
            await wrong(tools, subject)
            tools.clock.advance(seconds=(pause := await waits(tools, subject)))  # type: ignore[attr-defined]
        locks.append(pause)
    assert locks == [900, 1800, 3600, 7200, 14400, 28800, 57600, 86400, 900]


async def test_a_hundred_in_a_row_end_it_until_somebody_unlocks(tools: Tools) -> None:
    ada = await make_user(tools)
    subject = Subject(ada.id, "", "192.0.2.1")
    for _ in range(100):
        await wrong(tools, subject)
        tools.clock.advance(days=2)  # type: ignore[attr-defined]
    assert await waits(tools, subject) == 86400
    tools.clock.advance(days=30)  # type: ignore[attr-defined]
    assert await waits(tools, subject) == 86400
    async with tools.writing(system()) as tx:
        assert await unlock(tx, ada.id)
        assert not await unlock(tx, ada.id)
    assert await waits(tools, subject) == 0


async def test_the_account_is_locked_from_every_address_but_not_on_a_known_device(tools: Tools) -> None:
    ada = await make_user(tools)
    for number in range(10):
        await wrong(tools, Subject(ada.id, "", f"192.0.2.{number}"))
        tools.clock.advance(seconds=65)  # type: ignore[attr-defined]
    assert await waits(tools, Subject(ada.id, "", "198.51.100.7")) > 0
    device = new_id()
    assert await waits(tools, Subject(ada.id, "", "198.51.100.7", device)) == 0
    for _ in range(10):
        tools.clock.advance(seconds=65)  # type: ignore[attr-defined]
        await wrong(tools, Subject(ada.id, "", "198.51.100.7", device))
    assert await waits(tools, Subject(ada.id, "", "198.51.100.7", device)) > 0


async def test_right_answers_on_the_way_forget_nothing_and_the_end_forgets_all(tools: Tools) -> None:
    ada = await make_user(tools)
    subject = Subject(ada.id, "", "192.0.2.1")
    for _ in range(3):
        await wrong(tools, subject)
    tools.clock.advance(seconds=5)  # type: ignore[attr-defined]
    assert await waits(tools, subject) == 0
    await wrong(tools, subject)
    assert await waits(tools, subject) == 2
    tools.clock.advance(seconds=2)  # type: ignore[attr-defined]
    async with tools.writing(anonymous()) as tx:
        await forget_failures(tx, subject)
    for _ in range(2):
        await wrong(tools, subject)
    assert await waits(tools, subject) == 0


async def test_answers_that_never_came_back_block_nobody_for_long(tools: Tools) -> None:
    ada = await make_user(tools)
    subject = Subject(ada.id, "", "192.0.2.1")
    for _ in range(10):
        async with tools.writing(anonymous()) as tx:
            await take_guess(tx, subject)
    assert await waits(tools, subject) == 1
    tools.clock.advance(seconds=60)  # type: ignore[attr-defined]
    assert await waits(tools, subject) == 0


async def test_forgets_counts_that_nothing_was_added_to_for_long(tools: Tools) -> None:
    ada = await make_user(tools)
    await wrong(tools, Subject(ada.id, "", "192.0.2.1"))
    tools.clock.advance(days=91)  # type: ignore[attr-defined]
    async with tools.writing(system()) as tx:
        await purge_failures(tx, {})
        assert not await unlock(tx, ada.id)
