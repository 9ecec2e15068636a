"""A sign-in under way: opened by `begin`, carried on by `answer`, spent once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.sign_in import store
from doorward.domain.sign_in.problems import AttemptInvalid
from doorward.domain.sign_in.settings import SignInSettings
from doorward.infra.crypto.tokens import Purpose
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.ids import new_id

JOB: Final = "sign_in.purge"
_ATTEMPT: Final = Purpose("sign-in-attempt", "at")
_SEALED_FOR: Final = "sign-in-attempt"
_ID_BYTES: Final = 16
_BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way. user_id: None when nobody has the identifier, which nobody can tell from outside."""

    id: UUID
    user_id: UUID | None


async def open_attempt(tx: Tx, user_id: UUID | None) -> str:
    """Opens a sign-in; answers the name that the client carries it on by."""
    attempt_id = new_id()
    # As long for nobody as for somebody.
    state = (user_id or UUID(int=0)).bytes
    await tx.db.run(
        store.INSERT,
        id=attempt_id,
        state=tx.tools.sealer.seal(_SEALED_FOR, state, context=attempt_id.bytes),
        tries=0,
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=tx.section(SignInSettings).attempt_seconds),
        completed_at=None,
    )
    return tx.tools.stamper.stamp(_ATTEMPT, attempt_id.bytes)


async def take_try(tx: Tx, name: str) -> Attempt:
    """Takes one try of a sign-in, in a transaction of its own that is kept whatever the answer is worth.

    Raises AttemptInvalid.
    """
    payload = tx.tools.stamper.unstamp(_ATTEMPT, name)
    if payload is None or len(payload) != _ID_BYTES:
        raise AttemptInvalid
    async with tx.tools.writing(tx.actor) as counting:
        row = await counting.db.first(
            store.TAKE_TRY, id=UUID(bytes=payload), now=tx.now, most=tx.section(SignInSettings).attempt_tries
        )
    if row is None:
        raise AttemptInvalid
    user_id = UUID(bytes=tx.tools.sealer.open_sealed(_SEALED_FOR, row.state, context=row.id.bytes))
    return Attempt(row.id, user_id if user_id.int else None)


async def spend(tx: Tx, attempt: Attempt) -> None:
    """Ends a sign-in with success. Raises AttemptInvalid when another request did so first."""
    if not await tx.db.run(store.COMPLETE, id=attempt.id, now=tx.now):
        raise AttemptInvalid


async def purge_attempts(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets sign-ins that were not finished in time. A scheduled job."""
    if await tx.db.run(store.FORGET, before=tx.now - timedelta(days=1), most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))
