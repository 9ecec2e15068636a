"""What follows a right answer: the next stage, or the one way out through the gate to a session and its tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from doorward.domain.access.account import Account, find_account
from doorward.domain.access.tokens import issue_access_token
from doorward.domain.credentials.keep import changed_at
from doorward.domain.methods.method import Prompt, Proof
from doorward.domain.risk.devices import Client, known_device, note_device
from doorward.domain.risk.failures import Guess, was_right
from doorward.domain.sessions.end import end_session
from doorward.domain.sessions.problems import SessionNotFound
from doorward.domain.sessions.start import SessionKind, start_session
from doorward.domain.sessions.store import SessionRow
from doorward.domain.sign_in.attempts import Aim, Attempt, Kept, name_of, open_attempt, save, spend
from doorward.domain.sign_in.events import SignInRefused
from doorward.domain.sign_in.funnel import count_step
from doorward.domain.sign_in.policy import Proven, next_stage, step_up_stage
from doorward.domain.sign_in.problems import AttemptInvalid, SignInFailed
from doorward.domain.sign_in.prove import Proved, forget, prompts_for
from doorward.domain.sign_in.standing import rules, standing_of
from doorward.domain.sign_in.trace import Trace, keep_trace
from doorward.domain.users.find import find_user
from doorward.domain.users.gate import keep, pass_gate, refuse_unusable
from doorward.domain.users.store import UserRow
from doorward.infra.database.driver import OvertakenError
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import Kind, Problem

# How often an answer is judged that others overtake.
_LOOKS: Final = 2


@dataclass(frozen=True, slots=True)
class Pending:
    """More is needed. attempt: the name to answer under."""

    attempt: str = field(repr=False)
    prompts: tuple[Prompt, ...] = ()


@dataclass(frozen=True, slots=True)
class Complete:
    """Signed in. A cookie session has a cookie and no tokens; a token session the other way around.

    device_secret: what the device is known by from now on, if it keeps one.
    """

    user: UserRow
    session: SessionRow
    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    cookie: str | None = field(default=None, repr=False)
    expires_in: int = 0
    device_secret: str | None = field(default=None, repr=False)


async def go_on(
    tx: Tx,
    attempt: Attempt,
    proved: Proved,
    *,
    kind: SessionKind,
    trace: Trace,
    client: Client = Client(),  # noqa: B008 - it is a value and never changes
) -> Complete | Pending:
    """After a right answer: asks for what is still needed, or lets the user in.

    Raises SignInFailed, AttemptInvalid, or UserSuspended and UserDeleted (to somebody who proved to be that user).
    """
    attempt.user_id = proved.proof.user_id
    proof: Proof | None = proved.proof
    try:
        for _ in range(_LOOKS):
            if proof is None:
                break
            try:
                return await _next(tx, attempt, proof, proved.guess, kind=kind, trace=trace, client=client)
            except OvertakenError:
                await tx.start_over()
                await _refuse_closed(tx, proof.user_id, trace)
            # What was proved with is another, and may be worth as much: another sign-in hashed the same password anew.
            attempt.account = None
            proof = await proved.again()
    except Problem:
        # Refused for another reason: the answer was right all the same, and does not count.
        if proved.guess is not None:
            await was_right(tx, proved.guess)
        raise
    # Nobody has signed in: not even the time of it is kept.
    changed = SignInFailed()
    changed.keeps_work = False  # type: ignore[misc]  # this one failure; its class says what is usual
    raise changed


async def _next(
    tx: Tx, attempt: Attempt, proof: Proof, guess: Guess | None, *, kind: SessionKind, trace: Trace, client: Client
) -> Complete | Pending:
    # As it was when this request began, where that was read: what may not have changed since, the gate looks at.
    account = attempt.account or await find_account(tx, proof.user_id)
    if account is None:
        raise SignInFailed
    user = account.user
    _refuse_unusable(tx, user, trace)
    if attempt.device_id is None:
        # Who it is may have been shown just now, by a passkey.
        device = await known_device(tx, user.id, client.secret)
        attempt.device_id = device.id if device is not None else None
    proven = [*(kept.proven for kept in attempt.proofs), Proven(proof.method, proof.factors)]
    decide = step_up_stage if attempt.aim == "step-up" else next_stage
    stage = decide(proven, await standing_of(tx, account, attempt), rules(tx))
    trace.note("policy", next=stage or "done")
    if stage is None:
        return await _let_in(tx, account, attempt, proof, guess, kind=kind, trace=trace, client=client)
    if not await proof.keep(tx):
        raise OvertakenError
    await tx.db.begin()
    if guess is not None:
        await was_right(tx, guess)
    changed = await changed_at(tx, proof.credential_id) if proof.credential_id is not None else None
    attempt.proofs.append(Kept(proof.method, proof.amr, proof.factors, proof.credential_id, changed))
    attempt.stage = stage
    count_step(tx, attempt.aim, "asked", proof.method)
    return await ask(tx, attempt)


async def ask(tx: Tx, attempt: Attempt) -> Pending:
    """Asks for what the attempt's stage needs."""
    prompts = await prompts_for(tx, attempt)
    if not attempt.sealed:
        return Pending(await open_attempt(tx, attempt), prompts)
    await save(tx, attempt)
    return Pending(name_of(tx, attempt), prompts)


async def _let_in(
    tx: Tx,
    account: Account,
    attempt: Attempt,
    proof: Proof,
    guess: Guess | None,
    *,
    kind: SessionKind,
    trace: Trace,
    client: Client,
) -> Complete:
    if attempt.sealed:
        await spend(tx, attempt)
    user = await pass_gate(tx, account.user, credentials=len(account.methods))
    if attempt.proofs:
        # The user's row is held first, so that nothing that was proved with can change any more.
        await tx.db.begin()
    if not (await _all_still_hold(tx, attempt) and await proof.keep(tx)):
        raise OvertakenError
    if attempt.stage == "verify-email":
        # Keeping the proof has just changed what the answer shows.
        user = await find_user(tx, user.id)
    await forget(tx, attempt, proof, guess)
    methods = _methods(attempt, proof)
    trace.note("gate", passed=True)
    if attempt.session_id is not None:
        await _end_replaced(tx, user.id, attempt.session_id)
        device_secret = None
    else:
        device_secret = await note_device(tx, user.id, client, same_place=account.device_id, may_trust="mfa" in methods)
    started = await start_session(tx, user_id=user.id, kind=kind, methods=methods)
    if kind == "cookie":
        complete = Complete(user, started.session, cookie=started.secret, device_secret=device_secret)
    else:
        access_token, expires_in = await issue_access_token(
            tx,
            user_id=user.id,
            session_id=started.session.id,
            authenticated_at=started.session.authenticated_at,
            methods=methods,
            ends_at=started.session.expires_at,
        )
        complete = Complete(
            user,
            started.session,
            access_token=access_token,
            refresh_token=started.secret,
            expires_in=expires_in,
            device_secret=device_secret,
        )
    await tx.settle()
    count_step(tx, attempt.aim, "complete", proof.method)
    return complete


async def _refuse_closed(tx: Tx, user_id: UUID, trace: Trace) -> None:
    """Raises UserSuspended, UserDeleted or SignInFailed where an account was closed or erased since it was looked at."""
    account = await find_account(tx, user_id)
    if account is None:
        raise SignInFailed
    _refuse_unusable(tx, account.user, trace)


def _refuse_unusable(tx: Tx, user: UserRow, trace: Trace) -> None:
    try:
        refuse_unusable(user, tx.now)
    except Problem:
        trace.note("gate", passed=False, status=user.status)
        raise


async def _end_replaced(tx: Tx, user_id: UUID, session_id: UUID) -> None:
    """Ends the session that a new one follows. Raises AttemptInvalid when it was ended meanwhile: then nothing follows it."""
    try:
        await end_session(tx, user_id=user_id, session_id=session_id, reason="replaced")
    except SessionNotFound:
        raise AttemptInvalid from None


async def _all_still_hold(tx: Tx, attempt: Attempt) -> bool:
    """Whether what was proved with at earlier steps is what it was then."""
    for kept in attempt.proofs:
        if kept.credential_id is not None and await changed_at(tx, kept.credential_id) != kept.changed_at:
            return False
    return True


def _methods(attempt: Attempt, proof: Proof) -> list[str]:
    """How the user proved who they are, as RFC 8176 names it."""
    names = [name for kept in attempt.proofs for name in kept.amr] + list(proof.amr)
    factors = proof.factors.union(*(kept.factors for kept in attempt.proofs)) - {"mailbox"}
    if len(factors) > 1:
        names.append("mfa")
    return list(dict.fromkeys(names))


async def refuse(tx: Tx, problem: Problem, user_id: UUID | None, trace: Trace, aim: Aim = "sign-in") -> Problem:
    """Records why somebody was refused, under a support code; the problem is to be raised, and the record is kept."""
    if problem.kind in _NOT_REFUSED or (isinstance(problem, SignInFailed) and not problem.keeps_work):
        # The input was not understood or nothing works: that is no refusal. Or all of this is taken back.
        return problem
    try:
        if user_id is not None:
            await keep(tx, user_id)
        await _record(tx, problem, user_id, trace)
    except OvertakenError:
        # Erased since the sign-in was begun: the record may not bring anything of that person back.
        await tx.start_over()
        await _record(tx, problem, None, trace)
    count_step(tx, aim, "refused", trace.method)
    problem.keeps_work = True  # type: ignore[misc]  # this one failure; its class says what is usual
    return problem


async def _record(tx: Tx, problem: Problem, user_id: UUID | None, trace: Trace) -> None:
    tx.emit(SignInRefused(user_id=user_id, reason=problem.code, method=trace.method))
    problem.facts["support_code"] = keep_trace(tx, trace, user_id=user_id, outcome=problem.code)
    await tx.settle()


_NOT_REFUSED = frozenset(
    {Kind.INVALID, Kind.UNAVAILABLE, Kind.INTERNAL, Kind.STORAGE_FULL, Kind.TIMEOUT, Kind.CONFLICT}
)
