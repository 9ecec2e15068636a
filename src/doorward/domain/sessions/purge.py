"""Forget sessions that ended long ago. A scheduled job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from doorward.domain.sessions import store
from doorward.domain.sessions.settings import SessionsSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job

JOB = "sessions.purge"
_BATCH = 5000


async def purge_sessions(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Removes sessions that ended or ran out more than `keep_ended_days` ago, some thousands at a time."""
    before = tx.now - timedelta(days=tx.section(SessionsSettings).keep_ended_days)
    if await tx.db.run(store.FORGET, before=before, most=_BATCH) == _BATCH:
        # More end in an hour on a busy site than one batch takes.
        tx.enqueue(Job(JOB, {}, key=JOB))
