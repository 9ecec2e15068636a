"""Forget strangers. What the log says of a user goes when the user is erased; who was never a user goes by time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from doorward.domain.audit.settings import AuditSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.erase import erase_strangers

JOB: Final = "audit.purge"
_BATCH: Final = 5000


async def purge_strangers(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Removes what the log says of persons without an account for longer than `keep_strangers_days`. A scheduled job."""
    before = tx.now - timedelta(days=tx.section(AuditSettings).keep_strangers_days)
    await erase_strangers(tx.db, before=before, most=_BATCH)
