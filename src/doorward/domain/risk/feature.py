"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.risk.events import AccountLocked
from doorward.domain.risk.failures import JOB, purge_failures
from doorward.domain.risk.problems import TooManyAttempts
from doorward.domain.risk.settings import LockoutSettings
from doorward.domain.risk.tables import failed_attempts
from doorward.kernel.feature import Feature

RISK: Final = Feature(
    name="risk",
    tables=(failed_attempts,),
    settings={"lockout": LockoutSettings},
    events=(AccountLocked,),
    problems=(TooManyAttempts,),
    jobs={JOB: purge_failures},
    recurring={JOB: timedelta(days=1)},
)
