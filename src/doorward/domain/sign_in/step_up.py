"""Prove again who you are, as sensitive operations ask (RFC 9470).

It asks for what a sign-in would, of what the user has, and ends in a new session in place of the old one: whoever holds
a copy of the old session's secrets gains nothing by it (ASVS 7.2.4).
"""

from __future__ import annotations

from doorward.domain.methods.method import Answers
from doorward.domain.risk.devices import Client, known_device
from doorward.domain.sessions.start import SessionKind
from doorward.domain.sign_in.answer import answer_attempt
from doorward.domain.sign_in.attempts import new_attempt
from doorward.domain.sign_in.complete import Complete, Pending, ask
from doorward.domain.sign_in.funnel import count_step
from doorward.domain.users.permissions import WRITE_ME
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require
from doorward.kernel.problem import Unauthenticated


async def begin_step_up(tx: Tx, *, device_secret: str | None = None) -> Pending:
    """Begins proving again who one is. Raises Unauthenticated."""
    require(tx.actor, WRITE_ME)
    actor = tx.actor
    if actor.user_id is None or actor.session_id is None:
        raise Unauthenticated
    device = await known_device(tx, actor.user_id, device_secret)
    device_id = device.id if device is not None else None
    count_step(tx, "step-up", "begun")
    return await ask(tx, new_attempt(actor.user_id, aim="step-up", session_id=actor.session_id, device_id=device_id))


async def answer_step_up(tx: Tx, *, attempt: str, answers: Answers, kind: SessionKind) -> Complete | Pending:
    """Answers prompts by their names. kind: of the session that asks, which is the kind of the new one.

    Raises AttemptInvalid (also when another session began it), SignInFailed, TooManyAttempts or InvalidInput.
    """
    require(tx.actor, WRITE_ME)
    return await answer_attempt(tx, attempt=attempt, answers=answers, kind=kind, client=Client(), stepping_up=True)
