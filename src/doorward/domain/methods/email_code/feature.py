"""What this method brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.email_code.method import JOB, EmailCodeMethod, mail_code, void_codes
from doorward.domain.methods.email_code.settings import EmailCodeSettings
from doorward.kernel.feature import Feature

EMAIL_CODE: Final = Feature(
    name="email_code",
    settings={"email_code": EmailCodeSettings},
    jobs={JOB: mail_code},
    method=EmailCodeMethod(),
    reactions=dict.fromkeys(("password.changed", "email.primary_changed"), void_codes),
)
