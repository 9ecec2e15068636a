"""The sessions of a user, as an administrator or as that user."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.sessions.end import end_session, end_sessions
from doorward.domain.sessions.feature import END_SESSIONS, READ_SESSIONS
from doorward.domain.sessions.list import open_sessions
from doorward.domain.sessions.store import SessionRow
from doorward.domain.users.administrators import require_rank
from doorward.domain.users.find import find_user
from doorward.domain.users.permissions import READ_ME, WRITE_ME
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import Permission, require


def _may(tx: Tx, user_id: UUID, own: Permission, others: Permission) -> None:
    require(tx.actor, own if tx.actor.user_id == user_id else others)


async def list_sessions_of(tx: Tx, user_id: UUID) -> list[SessionRow]:
    """The open sessions of a user, newest first. Raises UserNotFound."""
    _may(tx, user_id, READ_ME, READ_SESSIONS)
    await find_user(tx, user_id)
    return await open_sessions(tx, user_id)


async def end_session_of(tx: Tx, user_id: UUID, session_id: UUID) -> None:
    """Ends one session of a user. Raises SessionNotFound, or Forbidden for somebody who may do more than the actor."""
    _may(tx, user_id, WRITE_ME, END_SESSIONS)
    await require_rank(tx, user_id)
    own = tx.actor.session_id == session_id
    await end_session(tx, user_id=user_id, session_id=session_id, reason="signed-out" if own else "revoked")


async def end_sessions_of(tx: Tx, user_id: UUID, *, except_id: UUID | None = None) -> int:
    """Ends all sessions of a user, all but one where `except_id` names it; answers how many. Raises UserNotFound."""
    _may(tx, user_id, WRITE_ME, END_SESSIONS)
    await find_user(tx, user_id)
    await require_rank(tx, user_id)
    return await end_sessions(tx, user_id=user_id, reason="revoked", except_id=except_id)
