"""Answer a prompt of a sign-in, or of a step-up, under way."""

from __future__ import annotations

from doorward.domain.methods.method import Answers
from doorward.domain.sessions.start import SessionKind
from doorward.domain.sign_in.attempts import Attempt, take_try
from doorward.domain.sign_in.complete import Complete, Pending, ask, go_on, refuse
from doorward.domain.sign_in.make_account import make_account
from doorward.domain.sign_in.problems import AttemptInvalid
from doorward.domain.sign_in.prove import chosen, offered, prove, start
from doorward.domain.sign_in.trace import Trace
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import Problem


async def answer_sign_in(tx: Tx, *, attempt: str, answers: Answers, kind: SessionKind = "token") -> Complete | Pending:
    """Answers prompts by their names, or chooses a method that has to be started.

    Raises AttemptInvalid, SignInFailed, TooManyAttempts, InvalidInput, UserSuspended or UserDeleted; at the end of a
    sign-up also EmailTaken and UsernameTaken.
    """
    return await answer_attempt(tx, attempt=attempt, answers=answers, kind=kind, stepping_up=False)


async def answer_attempt(
    tx: Tx, *, attempt: str, answers: Answers, kind: SessionKind, stepping_up: bool
) -> Complete | Pending:
    """The same; stepping up answers what the same session began to step up by, and nothing else does."""
    trace = Trace()
    taken: Attempt | None = None
    signs_up = False
    try:
        taken = await take_try(tx, attempt)
        signs_up = taken.aim == "sign-up"
        if (taken.aim == "step-up") != stepping_up or (stepping_up and taken.session_id != tx.actor.session_id):
            raise AttemptInvalid
        trace.note(
            "attempt", aim=taken.aim, stage=taken.stage, proofs=len(taken.proofs), user_known=taken.user_id is not None
        )
        methods = await offered(tx, taken)
        to_start = chosen(methods, answers)
        if to_start is not None:
            await start(tx, taken, to_start)
            return await ask(tx, taken)
        proof, guess = await prove(tx, taken, methods, answers, trace)
        await make_account(tx, taken, proof.user_id)
        return await go_on(tx, taken, proof, guess, kind=kind, trace=trace)
    except Problem as problem:
        if signs_up:
            # Nothing of the account may stay, and there is nobody yet whose refusal could be explained.
            problem.keeps_work = False  # type: ignore[misc]  # this one failure; its class says what is usual
            raise
        raise await refuse(tx, problem, taken.user_id if taken else None, trace) from None
