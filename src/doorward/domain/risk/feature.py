"""What this slice brings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.risk import challenges
from doorward.domain.risk.events import AccountLocked, AccountUnlocked
from doorward.domain.risk.failures import JOB, purge_failures
from doorward.domain.risk.problems import ChallengeRequired, TooManyAttempts
from doorward.domain.risk.settings import ChallengeSettings, LockoutSettings
from doorward.domain.risk.tables import failed_attempts, spent_challenges
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
