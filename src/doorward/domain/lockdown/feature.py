"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.lockdown.events import AccountLockedDown, PrimaryEmailRestored
from doorward.domain.lockdown.lock_down import LOCKDOWN, UNDO, follow_lockdown
from doorward.domain.lockdown.notices import NOTICES, tell, tell_former_primary
from doorward.domain.lockdown.settings import LockdownSettings
from doorward.domain.lockdown.undo import follow_undo
from doorward.domain.one_time.links import LinkPurpose
from doorward.domain.users.events import PrimaryEmailChanged
from doorward.kernel.feature import Feature

LOCK_DOWN: Final = Feature(
    name="lockdown",
    settings={"lockdown": LockdownSettings},
    events=(AccountLockedDown, PrimaryEmailRestored),
    reactions={**dict.fromkeys(NOTICES, tell), PrimaryEmailChanged.type: tell_former_primary},
    links=(LinkPurpose(LOCKDOWN, "confirm", follow_lockdown), LinkPurpose(UNDO, "confirm", follow_undo)),
)
