"""Proving again who you are, before something sensitive."""

from __future__ import annotations

from typing import Final

from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.sessions.start import SessionKind
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.step_up import answer_step_up, begin_step_up
from doorward.domain.sign_in.views import CompleteView, PendingView, outcome_view
from doorward.domain.users import problems
from doorward.infra.crypto.hashing import HashingBusy
from doorward.infra.database.unit_of_work import Tx
from doorward.surfaces.rest.asked import Asked, Reply, reply
from doorward.surfaces.rest.operation import Operations
from doorward.surfaces.rest.sign_in import Answers, outcome_reply

operations: Final = Operations("Your account")


@operations.add("POST", "/v1/me/step-up", answer=PendingView, keeps_answers=False)
async def begin(asked: Asked) -> Reply:
    """Begin to prove again who you are.

    For operations that answer 401 `step-up-required`. It asks for what signing in asks of you.
    """

    async def use_case(tx: Tx) -> Reply:
        return reply(outcome_view(await begin_step_up(tx)))

    return await asked.write(use_case)


@operations.add(
    "POST",
    "/v1/me/step-up/{step_up}/answers",
    answer=CompleteView | PendingView,
    keeps_answers=False,
    problems=[SignInFailed, AttemptInvalid, TooManyAttempts, problems.UserSuspended, problems.UserDeleted, HashingBusy],
)
async def answer(asked: Asked, step_up: str, body: Answers) -> Reply:
    """Carry on proving who you are.

    `complete` carries a new session, which takes the place of the one that asked: its tokens or cookie are over.
    """
    kind: SessionKind = "cookie" if asked.who.session.session_kind == "cookie" else "token"

    async def use_case(tx: Tx) -> Reply:
        return outcome_reply(await answer_step_up(tx, attempt=step_up, answers=body.answers, kind=kind))

    return await asked.write(use_case)
