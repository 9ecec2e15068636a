"""Why a sign-in was refused, step by step: kept under a support code that the person is given.

A step holds words of ours only, never what was typed, so a trace tells no secret and no guess at one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.sign_in import store
from doorward.domain.sign_in.settings import SignInSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job

JOB: Final = "sign_in.purge_traces"
# No vowels and nothing that looks alike: a code is read out over the telephone, and spells nothing.
_ALPHABET: Final = "23456789BCDFGHJKMNPQRSTVWXZ"
_BATCH: Final = 5000

Fact = str | int | bool | None


class Trace:
    """The steps of one request to sign in, in order."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: list[dict[str, Fact]] = []

    @property
    def method(self) -> str | None:
        """The method that was tried last, if one was."""
        tried = [step["method"] for step in self.steps if "method" in step]
        return str(tried[-1]) if tried else None

    def note(self, step: str, **facts: Fact) -> None:
        """One more step. facts: words, numbers and yes or no; never what somebody typed."""
        self.steps.append({"step": step, **facts})


def keep_trace(tx: Tx, trace: Trace, *, user_id: UUID | None, outcome: str) -> str:
    """Stores a trace with the changes of the transaction; answers its support code. outcome: a problem's code."""
    code = new_code()
    tx.also(
        store.INSERT_TRACE,
        code=code,
        user_id=user_id,
        outcome=outcome,
        steps=trace.steps,
        request_id=tx.actor.origin.request_id,
        created_at=tx.now,
    )
    return code


def new_code() -> str:
    """A support code: about 57 random bits as `XXXX-XXXX-XXXX`."""
    parts = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join(parts)


async def purge_traces(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets old traces. A scheduled job."""
    before = tx.now - timedelta(days=tx.section(SignInSettings).explain_days)
    if await tx.db.run(store.FORGET_TRACES, before=before, most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))
