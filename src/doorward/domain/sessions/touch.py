"""Record that a session is in use. Not an event: nothing was changed by anybody."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.sessions import store
from doorward.infra.tools import Tools
from doorward.kernel.actor import system


async def touch_session(tools: Tools, session_id: UUID) -> None:
    """Writes the present as the last use of an open session."""
    async with tools.writing(system()) as tx:
        await tx.db.run(store.TOUCH, id=session_id, now=tx.now)
