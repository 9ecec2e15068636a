"""Count wrong answers: each is counted before anything is compared, by a statement of its own.

So of any number of guesses at once no more are compared than the limit allows, on any number of processes. What is
counted for an account is counted for an unknown identifier alike, at the same cost and with the same answers. A device
that is known from an earlier sign-in has a count of its own: strangers' guesses never lock the owner out there.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.risk import store
from doorward.domain.risk.events import AccountLocked, AccountUnlocked
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.risk.settings import LockoutSettings
from doorward.domain.risk.store import TakenRow
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.clock import wire

JOB: Final = "failures.purge"
# After so long without another wrong answer locks begin at their shortest again.
_QUIET: Final = timedelta(days=1)
# An answer that was counted in advance and never came back (its process died) blocks nobody for longer than this.
_STALE: Final = timedelta(seconds=60)
# What makes up a run of wrong answers (SP 800-63B) is not forgotten while somebody may come back to it.
_FORGOTTEN: Final = timedelta(days=90)
_BATCH: Final = 5000
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose proof is guessed at.

    identifier: what was typed, folded, where no account is known. address: where the guess comes from.
    device_id: the known device of this user that it comes from.
    """

    user_id: UUID | None
    identifier: str = ""
    address: str | None = None
    device_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """One answer, counted as wrong until it turns out otherwise."""

    subject: Subject
    taken: Mapping[bytes, TakenRow]


async def take_guess(tx: Tx, subject: Subject) -> Guess:
    """Counts an answer in advance; before the first change of the caller's transaction. Raises TooManyAttempts."""
    settings = tx.section(LockoutSettings)
    keys = _keys(tx, subject)
    rows = await tx.db.change(
        store.TAKE_ONE if len(keys) == 1 else store.TAKE_BOTH,
        **dict(zip(("first", "second"), keys, strict=False)),
        user_id=subject.user_id,
        failed=1,
        total=1,
        locks=0,
        last_failed_at=tx.now,
        # Not the present: to an answer that began a moment earlier, or at a node whose clock is behind, it would be a block.
        blocked_until=_LONG_AGO,
        now=tx.now,
        quiet=tx.now - _QUIET,
        stale=tx.now - _STALE,
        most=settings.lock_at,
        ceiling=settings.ceiling,
    )
    guess = Guess(subject, {row.key: row for row in sorted(rows)})
    blocked = next((key for key in keys if key not in guess.taken), None)
    if blocked is None:
        return guess
    if guess.taken:
        # One count is open and the other is not: nothing will be compared.
        async with tx.tools.writing(tx.actor) as giving:
            await was_right(giving, guess)
    raise TooManyAttempts(retry_after=await _wait(tx, blocked))


async def was_wrong(tx: Tx, guess: Guess) -> None:
    """The answer was wrong: the next has to wait, or the account is locked for a time."""
    settings = tx.section(LockoutSettings)
    locked = None
    for key, row in guess.taken.items():
        if row.failed >= settings.lock_at:
            pause = min(settings.lock_seconds * 2.0**row.locks, settings.lock_most_seconds)
            locked = tx.now + timedelta(seconds=pause)
            await tx.db.run(store.LOCK, key=key, until=locked)
        elif row.failed >= settings.delay_from:
            pause = min(2.0 ** (row.failed - settings.delay_from), settings.lock_seconds)
            await tx.db.run(store.DELAY, key=key, until=tx.now + timedelta(seconds=pause))
    if locked is not None and guess.subject.user_id is not None:
        tx.emit(AccountLocked(user_id=guess.subject.user_id, until=wire(locked)))


async def was_right(tx: Tx, guess: Guess) -> None:
    """The answer was right, and more is asked for: it does not count, and what was counted before still does."""
    for key in guess.taken:
        await tx.db.run(store.GIVE_BACK, key=key)


async def forget_failures(tx: Tx, subject: Subject) -> None:
    """Somebody proved to be the user, entirely: their counts start anew."""
    _clear(tx, _keys(tx, subject))


def forget_guess(tx: Tx, guess: Guess) -> None:
    """The same, where it was an answer that is counted: the counts that it was counted in."""
    _clear(tx, list(guess.taken))


def _clear(tx: Tx, keys: Sequence[bytes]) -> None:
    tx.also(store.CLEAR, first=keys[0], second=keys[-1])


async def unlock(tx: Tx, user_id: UUID, *, by: str = "recovery") -> bool:
    """Forgets every count of a user; answers whether there was any. The caller has asked for permission or proof.

    by: what unlocked it, for the log.
    """
    if not await tx.db.all(store.CLEAR_USER, user_id=user_id):
        return False
    tx.emit(AccountUnlocked(user_id=user_id, by=by))
    return True


async def forget_all_failures(tx: Tx, user_id: UUID, *, by: str) -> None:
    """Somebody proved to be the user by what nobody guesses: every count of the user starts anew, and a lock is lifted.

    by: the method, for the log, which says so only of an account that was locked.
    """
    ceiling = tx.section(LockoutSettings).ceiling
    cleared = await tx.db.all(store.CLEAR_USER, user_id=user_id)
    # A lock takes the failures before it away; where some came since, what blocks is no more than a pause.
    if any(row.total >= ceiling or (row.locks and not row.failed and row.blocked_until > tx.now) for row in cleared):
        tx.emit(AccountUnlocked(user_id=user_id, by=by))


async def purge_failures(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets counts that nothing was added to for long. A scheduled job."""
    if await tx.db.run(store.FORGET, before=tx.now - _FORGOTTEN, most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))


async def _wait(tx: Tx, key: bytes) -> int:
    """For how many seconds a count still blocks."""
    row = await tx.db.first(store.BLOCKED, key=key)
    settings = tx.section(LockoutSettings)
    if row is None:
        return 1
    if row.total >= settings.ceiling:
        return settings.lock_most_seconds
    return max(1, int((row.blocked_until - tx.now).total_seconds() + 0.999))


def _keys(tx: Tx, subject: Subject) -> list[bytes]:
    """The counts of a subject, in one order always, so that two that count the same never wait for each other."""
    if subject.device_id is not None:
        return [_key(tx, f"device/{subject.device_id}")]
    whom = f"user/{subject.user_id}" if subject.user_id is not None else f"identifier/{subject.identifier}"
    return sorted([_key(tx, whom), _key(tx, f"address/{subject.address}/{whom}")])


def _key(tx: Tx, text: str) -> bytes:
    secret = tx.tools.sealer.derive("failed-attempts")
    return hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256")[:16]
