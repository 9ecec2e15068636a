"""Answer a prompt of a sign-in, or of a step-up, under way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from doorward.domain.methods.method import Answers, Proof
from doorward.domain.risk.devices import Client
from doorward.domain.sessions.start import SessionKind
from doorward.domain.sign_in.attempts import Attempt, take_try
from doorward.domain.sign_in.complete import Complete, Pending, ask, go_on, refuse
from doorward.domain.sign_in.problems import AttemptInvalid
from doorward.domain.sign_in.prove import chosen, offered, prove, start
from doorward.domain.sign_in.trace import Trace
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import Problem

# Answers no where more is asked for before there is an account.
MakeAccount = Callable[[Tx, Attempt, Proof], Awaitable[bool]]


async def answer_sign_in(
    tx: Tx,
    *,
    attempt: str,
    answers: Answers,
    kind: SessionKind = "token",
    client: Client = Client(),  # noqa: B008 - it is a value and never changes
) -> Complete | Pending:
    """Answers prompts by their names, or chooses a method that has to be started.

    Raises AttemptInvalid, SignInFailed, TooManyAttempts, InvalidInput, UserSuspended or UserDeleted; at the end of a
    sign-up also EmailTaken and UsernameTaken.
    """
    return await answer_attempt(tx, attempt=attempt, answers=answers, kind=kind, client=client, stepping_up=False)


async def answer_attempt(
    tx: Tx,
    *,
    attempt: str,
    answers: Answers,
    kind: SessionKind,
    client: Client,
    stepping_up: bool,
    make_account: MakeAccount | None = None,
) -> Complete | Pending:
    """The same; stepping up answers what the same session began to step up by, and nothing else does.

    make_account: what a sign-up ends with, in this same transaction; without it a sign-up is refused.
    """
    trace = Trace()
    taken: Attempt | None = None
    signs_up = makes = False
    try:
        taken = await take_try(tx, attempt)
        signs_up = taken.aim == "sign-up"
        if signs_up and make_account is None:
            raise AttemptInvalid
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
        proved = await prove(tx, taken, methods, answers, trace)
        if signs_up and make_account is not None:
            makes = True
            if not await make_account(tx, taken, proved.proof):
                return await ask(tx, taken)
        return await go_on(tx, taken, proved, kind=kind, trace=trace, client=client)
    except Problem as problem:
        if signs_up:
            # There is nobody yet whose refusal could be explained.
            if makes:
                # Nothing of the account may stay.
                problem.keeps_work = False  # type: ignore[misc]  # this one failure; its class says what is usual
            raise
        user_id, aim = (taken.user_id, taken.aim) if taken else (None, "step-up" if stepping_up else "sign-in")
        raise await refuse(tx, problem, user_id, trace, aim) from None
