"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.one_time.links import LinkPurpose
from doorward.domain.recovery.ask import JOB, RECOVERY, mail_recovery, void_recovery
from doorward.domain.recovery.events import AccountClaimed, AccountRecovered, RecoveryBegun
from doorward.domain.recovery.problems import MailIsOff
from doorward.domain.recovery.settings import RecoverySettings
from doorward.kernel.feature import Feature

RECOVER: Final = Feature(
    name="recovery",
    settings={"recovery": RecoverySettings},
    events=(RecoveryBegun, AccountRecovered, AccountClaimed),
    problems=(MailIsOff,),
    jobs={JOB: mail_recovery},
    # Whoever changed one of these may not be who asked for the mail.
    reactions=dict.fromkeys(("password.changed", "email.primary_changed", "email.removed"), void_recovery),
    links=(LinkPurpose(RECOVERY, "new-password"),),
)
