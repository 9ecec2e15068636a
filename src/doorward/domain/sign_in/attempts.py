"""A sign-in under way: opened by `begin`, carried on by `answer`, spent once.

Its state is sealed, anew at each step, and is saved or finished only while it is what the answer was judged by: of two
answers at the same moment one wins, and no step is skipped, repeated or done on what another did not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from doorward.domain.access.account import Account
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.method import Factor, Stage
from doorward.domain.sign_in import store
from doorward.domain.sign_in.policy import Proven
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
_NOBODY: Final = UUID(int=0)

# sign-in: lets somebody in. step-up: proves anew who uses a session. sign-up: lets somebody in whose account is made then.
Aim = Literal["sign-in", "step-up", "sign-up"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A proof that was given at an earlier step. changed_at: when its credential had been changed last, to see whether it was since."""

    method: str
    amr: tuple[str, ...]
    factors: frozenset[Factor]
    credential_id: UUID | None
    changed_at: datetime | None

    @property
    def proven(self) -> Proven:
        """As policy sees it."""
        return Proven(self.method, self.factors)


@dataclass(slots=True)
class Attempt:
    """A sign-in under way.

    user_id: None when nobody has the identifier, which nobody can tell from outside. identifier: what was typed, as a
    MAC, by which wrong answers are counted where there is no user. aim, session_id: what it is for. stage: what is asked
    for now. started: the methods that were chosen. memory: by method. new_user: the account to make, as `sign_up` keeps it.
    sealed: the state as it is stored; empty before. account, credentials: as they were read when this same request began,
    the credentials by method; not kept for the next.
    """

    id: UUID
    user_id: UUID | None
    identifier: str = ""
    aim: Aim = "sign-in"
    session_id: UUID | None = None
    device_id: UUID | None = None
    stage: Stage = "first"
    proofs: list[Kept] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    memory: dict[str, dict[str, Any]] = field(default_factory=dict)
    new_user: Mapping[str, Any] | None = None
    sealed: bytes = field(default=b"", repr=False)
    account: Account | None = field(default=None, repr=False)
    credentials: Mapping[str, Sequence[CredentialRow]] = field(default_factory=dict, repr=False)


def new_attempt(
    user_id: UUID | None,
    *,
    identifier: str = "",
    aim: Aim = "sign-in",
    session_id: UUID | None = None,
    device_id: UUID | None = None,
) -> Attempt:
    """A sign-in that nobody can carry on yet; `open_attempt` stores it."""
    return Attempt(new_id(), user_id, identifier=identifier, aim=aim, session_id=session_id, device_id=device_id)


async def open_attempt(tx: Tx, attempt: Attempt) -> str:
    """Stores a new sign-in; answers the name that the client carries it on by."""
    await tx.db.run(
        store.INSERT,
        id=attempt.id,
        state=_seal(tx, attempt),
        tries=0,
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=tx.section(SignInSettings).attempt_seconds),
        completed_at=None,
    )
    return name_of(tx, attempt)


def name_of(tx: Tx, attempt: Attempt) -> str:
    """The name that the client carries a sign-in on by."""
    return tx.tools.stamper.stamp(_ATTEMPT, attempt.id.bytes)


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
    return _unseal(tx, row.id, row.state)


async def save(tx: Tx, attempt: Attempt) -> None:
    """Stores how far a sign-in is. Raises AttemptInvalid when another answer overtook this one."""
    if not await tx.db.run(store.SAVE, id=attempt.id, present=attempt.sealed, state=_seal(tx, attempt), now=tx.now):
        raise AttemptInvalid


async def spend(tx: Tx, attempt: Attempt) -> None:
    """Ends a sign-in with success. Raises AttemptInvalid when another answer overtook this one."""
    if not await tx.db.run(store.COMPLETE, id=attempt.id, present=attempt.sealed, now=tx.now):
        raise AttemptInvalid


async def close_every_attempt(tx: Tx) -> int:
    """Ends every sign-in under way, some thousands at a time; answers how many that were."""
    count = 0
    while closed := await tx.db.run(store.CLOSE_SOME, now=tx.now, most=_BATCH):
        count += closed
    return count


async def purge_attempts(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets sign-ins that were not finished in time. A scheduled job."""
    if await tx.db.run(store.FORGET, before=tx.now - timedelta(days=1), most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))


def _seal(tx: Tx, attempt: Attempt) -> bytes:
    state = {
        # As long for nobody as for somebody.
        "user": (attempt.user_id or _NOBODY).hex,
        "identifier": attempt.identifier,
        "aim": attempt.aim,
        "session": None if attempt.session_id is None else attempt.session_id.hex,
        "device": (attempt.device_id or _NOBODY).hex,
        "stage": attempt.stage,
        "proofs": [
            {
                "method": kept.method,
                "amr": kept.amr,
                "factors": sorted(kept.factors),
                "credential": None if kept.credential_id is None else kept.credential_id.hex,
                "changed": kept.changed_at,
            }
            for kept in attempt.proofs
        ],
        "started": attempt.started,
        "memory": attempt.memory,
        "new_user": attempt.new_user,
    }
    return tx.tools.sealer.seal(_SEALED_FOR, orjson.dumps(state), context=attempt.id.bytes)


def _unseal(tx: Tx, attempt_id: UUID, sealed: bytes) -> Attempt:
    state = orjson.loads(tx.tools.sealer.open_sealed(_SEALED_FOR, sealed, context=attempt_id.bytes))
    return Attempt(
        attempt_id,
        _somebody(state["user"]),
        identifier=state["identifier"],
        aim=state["aim"],
        session_id=None if state["session"] is None else UUID(hex=state["session"]),
        device_id=_somebody(state["device"]),
        stage=state["stage"],
        proofs=[
            Kept(
                kept["method"],
                tuple(kept["amr"]),
                frozenset(kept["factors"]),
                None if kept["credential"] is None else UUID(hex=kept["credential"]),
                None if kept["changed"] is None else datetime.fromisoformat(kept["changed"]),
            )
            for kept in state["proofs"]
        ],
        started=state["started"],
        memory=state["memory"],
        new_user=state.get("new_user"),
        sealed=sealed,
    )


def _somebody(digits: str) -> UUID | None:
    found = UUID(hex=digits)
    return found if found.int else None
