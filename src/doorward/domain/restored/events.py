"""What happens to a database as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class DatabaseRestored(Event):
    """The database was put back from a backup: what happened after `backup_made_at` is not in it, and not in this log.

    backup_made_at: empty where it is not known. sessions_ended: how many sessions were open in the backup and ended now.
    kept_sessions: the operator chose to keep sessions, links and signing keys as they were in the backup.
    """

    type: ClassVar[str] = "database.restored"
    backup_made_at: str
    made_by: str
    schema: str
    kept_sessions: bool
    sessions_ended: int
    values_voided: int
    devices_distrusted: int
