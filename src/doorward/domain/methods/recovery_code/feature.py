"""What this method brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.recovery_code.events import RecoveryCodesLow, RecoveryCodeUsed
from doorward.domain.methods.recovery_code.problems import RecoveryCodesNeedFactor
from doorward.domain.methods.recovery_code.prove import RecoveryCodeMethod
from doorward.kernel.feature import Feature

RECOVERY_CODE: Final = Feature(
    name="recovery_code",
    events=(RecoveryCodeUsed, RecoveryCodesLow),
    problems=(RecoveryCodesNeedFactor,),
    method=RecoveryCodeMethod(),
)
