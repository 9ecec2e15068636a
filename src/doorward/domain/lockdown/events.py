"""What happens when somebody says that it was not they."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class AccountLockedDown(Event):
    """The user said that a change was not theirs: all sessions ended, and nothing but recovery opens the account."""

    type: ClassVar[str] = "account.locked_down"


@dataclass(frozen=True, kw_only=True)
class PrimaryEmailRestored(Event):
    """The former primary address took a change of it back; the account was locked down too."""

    type: ClassVar[str] = "email.primary_restored"
