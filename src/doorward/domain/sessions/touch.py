"""Record that a session is in use. Not an event: nothing was changed by anybody.

People who only read are let in while nothing can be written; how old the recorded use is then matters less.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from doorward.domain.sessions import store
from doorward.infra.database.problems import StorageFull
from doorward.infra.tools import Tools
from doorward.kernel.actor import system
from doorward.kernel.problem import Unavailable

_log = structlog.stdlib.get_logger("doorward.sessions")


async def touch_session(tools: Tools, session_id: UUID) -> None:
    """Writes the present as the last use of an open session, if the database takes it."""
    try:
        async with tools.writing(system()) as tx:
            await tx.db.run(store.TOUCH, id=session_id, now=tx.now)
    except (Unavailable, StorageFull) as problem:
        _log.warning("the use of a session could not be recorded", code=problem.code)
