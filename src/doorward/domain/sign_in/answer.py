"""Answer a prompt of a sign-in under way."""

from __future__ import annotations

from doorward.domain.sessions.start import SessionKind
from doorward.domain.sign_in.attempts import spend, take_try
from doorward.domain.sign_in.complete import Complete, Pending, complete, refuse
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.sign_in.prove import prove
from doorward.infra.database.unit_of_work import Tx


async def answer_sign_in(
    tx: Tx, *, attempt: str, answers: dict[str, str], kind: SessionKind = "token"
) -> Complete | Pending:
    """Answers prompts by their names. Raises AttemptInvalid, SignInFailed, InvalidInput, UserSuspended or UserDeleted."""
    taken = await take_try(tx, attempt)
    proof = await prove(tx, taken.user_id, answers)
    if proof is None or taken.user_id is None:
        raise await refuse(tx, SignInFailed(), taken.user_id)
    await spend(tx, taken)
    return await complete(tx, user_id=taken.user_id, proofs=[proof], kind=kind)
