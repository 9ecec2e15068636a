"""What happens where guessing is held off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class AccountLocked(Event):
    """So many wrong answers were given for an account that it takes no more of them for a time."""

    type: ClassVar[str] = "account.locked"
    until: str


@dataclass(frozen=True, kw_only=True)
class AccountUnlocked(Event):
    """The wrong answers given for an account were forgotten, by an administrator or by its owner's recovery (`by`)."""

    type: ClassVar[str] = "account.unlocked"
    by: str
