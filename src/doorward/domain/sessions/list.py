"""The open sessions of a user, newest first."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from doorward.domain.sessions import store
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sessions.store import SessionRow
from doorward.infra.database.unit_of_work import Tx


async def open_sessions(tx: Tx, user_id: UUID) -> list[SessionRow]:
    """The sessions of a user that are still open, newest first. The caller has asked for permission."""
    idle = tx.now - timedelta(seconds=tx.section(SessionsSettings).idle_seconds)
    return await tx.db.all(store.OPEN_OF_USER, user_id=user_id, now=tx.now, idle=idle)
