"""What this method brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.totp.problems import TotpCodeWrong, TotpEnrollmentOver, TotpUnavailable
from doorward.domain.methods.totp.prove import TotpMethod
from doorward.domain.methods.totp.settings import TotpSettings
from doorward.kernel.feature import Feature

TOTP: Final = Feature(
    name="totp",
    settings={"totp": TotpSettings},
    problems=(TotpCodeWrong, TotpEnrollmentOver, TotpUnavailable),
    method=TotpMethod(),
)
