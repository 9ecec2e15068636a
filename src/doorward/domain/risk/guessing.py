"""One answer to be compared, counted before it is; taken back when nobody came to compare it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from doorward.domain.risk.failures import Guess, Subject, take_guess, was_right
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import Problem


@asynccontextmanager
async def guessing(tx: Tx, subject: Subject) -> AsyncIterator[Guess]:
    """Counts an answer in advance; inside, only what compares it. Whatever fails there was no wrong answer.

    Before the first change of the caller's transaction. Raises TooManyAttempts.
    """
    guess = await take_guess(tx, subject)
    try:
        yield guess
    except Exception:
        await _give_back(tx, guess)
        raise


async def _give_back(tx: Tx, guess: Guess) -> None:
    if tx.db.transaction is not None:
        return
    try:
        async with tx.tools.writing(tx.actor) as giving:
            await was_right(giving, guess)
    except Problem:
        # The database is in trouble: the answer counts until it is stale, and the first problem is told.
        return
