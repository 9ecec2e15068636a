"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.keys.events import KeyRevoked, KeyRotated
from doorward.domain.keys.rotate import JOB, READ_KEYS, ROTATE_KEYS, rotate_when_due
from doorward.domain.keys.settings import KeysSettings
from doorward.domain.keys.tables import signing_keys
from doorward.kernel.feature import Feature

KEYS: Final = Feature(
    name="keys",
    tables=(signing_keys,),
    settings={"keys": KeysSettings},
    permissions=(READ_KEYS, ROTATE_KEYS),
    events=(KeyRotated, KeyRevoked),
    jobs={JOB: rotate_when_due},
    recurring={JOB: timedelta(hours=1)},
)
