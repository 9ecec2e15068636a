"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.one_time.links import LinkPurpose
from doorward.domain.users.events import EmailAdded
from doorward.domain.verification.ask import JOB, VERIFY, mail_verification, verify_added
from doorward.domain.verification.confirm import follow_verification
from doorward.domain.verification.method import EmailVerificationMethod
from doorward.domain.verification.newcomer import JOB as NEWCOMER_JOB
from doorward.domain.verification.newcomer import mail_newcomer
from doorward.domain.verification.settings import VerificationSettings
from doorward.kernel.feature import Feature

VERIFICATION: Final = Feature(
    name="verification",
    settings={"verification": VerificationSettings},
    jobs={JOB: mail_verification, NEWCOMER_JOB: mail_newcomer},
    method=EmailVerificationMethod(),
    reactions={EmailAdded.type: verify_added},
    links=(LinkPurpose(VERIFY, "confirm", follow_verification),),
)
