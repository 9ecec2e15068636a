"""Record that a session is in use. Not an event: nothing was changed by anybody."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final
from uuid import UUID

from doorward.domain.sessions import store
from doorward.infra.database.problems import DatabaseBusy, DatabaseUnavailable, StatementTimeout, StorageFull
from doorward.infra.tools import Tools
from doorward.kernel.actor import system

_PATIENCE_SECONDS: Final = 0.2


async def touch_session(tools: Tools, session_id: UUID) -> None:
    """Writes the present as the last use of an open session, if that can be done soon.

    Somebody who only reads must not be turned away because a disk is full or others are busy writing; the next use of
    the session records it as well.
    """
    with contextlib.suppress(TimeoutError, DatabaseBusy, DatabaseUnavailable, StatementTimeout, StorageFull):
        async with asyncio.timeout(_PATIENCE_SECONDS), tools.writing(system()) as tx:
            await tx.db.run(store.TOUCH, id=session_id, now=tx.now)
