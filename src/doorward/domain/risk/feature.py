"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.risk import challenges
from doorward.domain.risk.device_settings import DevicesSettings
from doorward.domain.risk.devices import JOB as DEVICES_JOB
from doorward.domain.risk.devices import purge_devices, trust_no_more
from doorward.domain.risk.events import AccountLocked, AccountUnlocked, DeviceAdded, DeviceRevoked, DeviceTrusted
from doorward.domain.risk.failures import JOB, purge_failures
from doorward.domain.risk.problems import ChallengeRequired, DeviceNotFound, TooManyAttempts
from doorward.domain.risk.settings import ChallengeSettings, LockoutSettings
from doorward.domain.risk.tables import devices, failed_attempts, spent_challenges
from doorward.kernel.feature import Feature

RISK: Final = Feature(
    name="risk",
    tables=(failed_attempts, spent_challenges),
    settings={"lockout": LockoutSettings, "challenge": ChallengeSettings},
    events=(AccountLocked, AccountUnlocked),
    problems=(TooManyAttempts, ChallengeRequired),
    jobs={JOB: purge_failures, challenges.JOB: challenges.purge_challenges},
    recurring={JOB: timedelta(days=1), challenges.JOB: timedelta(hours=1)},
)

DEVICES: Final = Feature(
    name="devices",
    tables=(devices,),
    settings={"devices": DevicesSettings},
    events=(DeviceAdded, DeviceTrusted, DeviceRevoked),
    problems=(DeviceNotFound,),
    jobs={DEVICES_JOB: purge_devices},
    recurring={DEVICES_JOB: timedelta(days=1)},
    reactions=dict.fromkeys(
        ("password.changed", "factor.added", "factor.removed", "account.locked_down"), trust_no_more
    ),
)
