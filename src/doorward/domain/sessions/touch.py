"""Record that a session is in use. Not an event: nothing was changed by anybody.

People who only read are let in while nothing can be written; how old the recorded use is then matters less.
"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import structlog

from doorward.domain.sessions import store
from doorward.infra.database.problems import StorageFull
from doorward.infra.tools import Tools
from doorward.kernel.actor import system
from doorward.kernel.problem import Unavailable

_log = structlog.stdlib.get_logger("doorward.sessions")

_PATIENCE_SECONDS: Final = 0.2


async def touch_session(tools: Tools, session_id: UUID) -> None:
    """Writes the present as the last use of an open session, if that can be done soon.

    Somebody who only reads must not be turned away because a disk is full or others are busy writing; the next use of
    the session records it as well.
    """
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), tools.writing(system()) as tx:
            await tx.db.run(store.TOUCH, id=session_id, now=tx.now)
    except TimeoutError:
        _log.warning("the use of a session could not be recorded in time")
    except (Unavailable, StorageFull) as problem:
        _log.warning("the use of a session could not be recorded", code=problem.code)
