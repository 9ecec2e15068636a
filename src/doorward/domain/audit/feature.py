"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.audit.list import READ_EVENTS
from doorward.domain.audit.purge import JOB, purge_strangers
from doorward.domain.audit.settings import AuditSettings
from doorward.kernel.feature import Feature

AUDIT: Final = Feature(
    name="audit",
    settings={"audit": AuditSettings},
    permissions=(READ_EVENTS,),
    jobs={JOB: purge_strangers},
    recurring={JOB: timedelta(hours=1)},
)
