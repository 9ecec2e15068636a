"""The one way out of signing in and signing up: through the gate, to a session and its tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from doorward.domain.access.tokens import issue_access_token
from doorward.domain.methods.method import Prompt, Proof
from doorward.domain.sessions.start import SessionKind, start_session
from doorward.domain.sessions.store import SessionRow
from doorward.domain.sign_in.events import SignInRefused
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.users.gate import is_kept, pass_gate
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.problem import Problem


@dataclass(frozen=True, slots=True)
class Pending:
    """More is needed. attempt: the name to answer under."""

    attempt: str = field(repr=False)
    prompts: tuple[Prompt, ...] = ()


@dataclass(frozen=True, slots=True)
class Complete:
    """Signed in. A cookie session has a cookie and no tokens; a token session the other way around."""

    user: UserRow
    session: SessionRow
    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    cookie: str | None = field(default=None, repr=False)
    expires_in: int = 0


async def complete(tx: Tx, *, user_id: UUID, proofs: list[Proof], kind: SessionKind) -> Complete:
    """Lets a user in who has proved enough. Raises UserSuspended or UserDeleted (to somebody who proved to be that user)."""
    try:
        user = await pass_gate(tx, user_id)
    except UserNotFound:
        raise await refuse(tx, SignInFailed(), None) from None
    except Problem as problem:
        raise await refuse(tx, problem, user_id) from None
    for proof in proofs:
        if not await proof.keep(tx):
            # Changed since it was checked, so nobody has signed in: not even the time of it is kept.
            failed = SignInFailed()
            failed.keeps_work = False  # type: ignore[misc]  # this one failure; its class says what is usual
            raise failed
    methods = [proof.amr for proof in proofs]
    started = await start_session(tx, user_id=user.id, kind=kind, methods=methods)
    if kind == "cookie":
        return Complete(user, started.session, cookie=started.secret)
    access_token, expires_in = await issue_access_token(
        tx,
        user_id=user.id,
        session_id=started.session.id,
        authenticated_at=started.session.authenticated_at,
        methods=methods,
        ends_at=started.session.expires_at,
    )
    return Complete(
        user, started.session, access_token=access_token, refresh_token=started.secret, expires_in=expires_in
    )


async def refuse(tx: Tx, problem: Problem, user_id: UUID | None) -> Problem:
    """Records why somebody was refused; the problem is to be raised, and the record is kept."""
    if user_id is not None and not await is_kept(tx, user_id):
        # Erased since the sign-in was begun: the record may not bring anything of that person back.
        user_id = None
    tx.emit(SignInRefused(user_id=user_id, reason=problem.code))
    problem.keeps_work = True  # type: ignore[misc]  # this one failure; its class says what is usual
    return problem
