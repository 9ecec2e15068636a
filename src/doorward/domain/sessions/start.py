"""Start a session: the last step of every way to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from uuid import UUID

from doorward.domain.sessions import store
from doorward.domain.sessions.end import end_oldest
from doorward.domain.sessions.events import SessionStarted
from doorward.domain.sessions.refresh_token import first_token, write_token
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sessions.store import SessionRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import SESSION, encode, new_id
from doorward.kernel.secret import fingerprint, new_secret

SessionKind = Literal["cookie", "token"]

_LONGEST_USER_AGENT = 512


@dataclass(frozen=True, slots=True)
class Started:
    """A new session. secret: the cookie's value or the refresh token; known to nobody but its receiver from here on."""

    session: SessionRow
    secret: str = field(repr=False)


async def start_session(tx: Tx, *, user_id: UUID, kind: SessionKind, methods: Sequence[str]) -> Started:
    """Starts a session for a user who has passed the gate in this same transaction (see `users.gate`).

    Its row is written with the events, so nothing in the transaction finds it in the database yet.

    methods: how they proved who they are, as RFC 8176 names it.
    """
    limits = tx.section(SessionsSettings)
    session_id = new_id()
    if kind == "token":
        token = first_token(session_id)
        secret, stored = write_token(tx.tools.stamper, token), token.stored
    else:
        secret = new_secret()
        stored = fingerprint(secret)
    origin = tx.actor.origin
    session = SessionRow(
        id=session_id,
        user_id=user_id,
        kind=kind,
        created_at=tx.now,
        authenticated_at=tx.now,
        last_used_at=tx.now,
        expires_at=tx.now + timedelta(seconds=limits.absolute_seconds),
        ended_at=None,
        methods=list(methods),
        address=origin.address,
        user_agent=origin.user_agent[:_LONGEST_USER_AGENT] if origin.user_agent else None,
    )
    values = store.values_of(**(session._asdict() | {"secret_hash": stored}))
    if limits.most_per_user:
        # At once, for it is among those that are counted below.
        await tx.db.run(store.INSERT, **values)
    else:
        tx.also(store.INSERT, **values)
    tx.emit(SessionStarted(user_id=user_id, target=encode(SESSION, session_id), kind=kind, methods=tuple(methods)))
    if limits.most_per_user:
        await end_oldest(tx, user_id=user_id, most=limits.most_per_user)
    return Started(session, secret)
