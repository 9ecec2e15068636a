"""End sessions. Whatever was handed out for them is dead with the commit."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from doorward.domain.sessions import store
from doorward.domain.sessions.events import SessionEnded
from doorward.domain.sessions.list import open_sessions
from doorward.domain.sessions.problems import SessionNotFound
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import SESSION, encode

Reason = Literal[
    "signed-out",
    "revoked",
    "password-changed",
    "suspended",
    "deleted",
    "replaced",
    "locked-down",
    "too-many",
    "restored",
]
_BATCH: Final = 5000


async def end_session(tx: Tx, *, user_id: UUID, session_id: UUID, reason: Reason) -> None:
    """Ends one session of a user. Raises SessionNotFound when it is not theirs or not open."""
    ended = await tx.db.first(store.END_ONE, id=session_id, user_id=user_id, now=tx.now, reason=reason)
    if ended is None:
        raise SessionNotFound
    tx.emit(SessionEnded(user_id=user_id, target=encode(SESSION, session_id), reason=reason))


async def end_sessions(tx: Tx, *, user_id: UUID, reason: Reason, except_id: UUID | None = None) -> int:
    """Ends every session of a user, all but one where `except_id` names it; answers how many that were."""
    ended = await tx.db.all(store.END_ALL, user_id=user_id, now=tx.now, reason=reason, except_id=except_id)
    for row in ended:
        tx.emit(SessionEnded(user_id=user_id, target=encode(SESSION, row.id), reason=reason))
    return len(ended)


async def end_every_session(tx: Tx, *, reason: Reason) -> int:
    """Ends every session of everybody, some thousands at a time; answers how many. One event of the caller's tells of them all."""
    count = 0
    while ended := await tx.db.run(store.END_SOME, now=tx.now, reason=reason, most=_BATCH):
        count += ended
    return count


async def end_oldest(tx: Tx, *, user_id: UUID, most: int) -> None:
    """Ends the sessions of a user that were begun longest ago, so that so many are left. The caller holds the user's row."""
    for row in (await open_sessions(tx, user_id))[most:]:
        await end_session(tx, user_id=user_id, session_id=row.id, reason="too-many")
