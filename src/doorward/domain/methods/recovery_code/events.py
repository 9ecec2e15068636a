"""What happens to recovery codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    """Somebody signed in with a recovery code. `left`: how many there still are."""

    type: ClassVar[str] = "recovery_code.used"
    left: int


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesLow(Event):
    """Few recovery codes are left: it is time for new ones."""

    type: ClassVar[str] = "recovery_codes.low"
    left: int
