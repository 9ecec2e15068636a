"""What happens at recovery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class RecoveryBegun(Event):
    """An administrator had a link sent by which the user chooses a new password; perhaps all sessions of the user ended."""

    type: ClassVar[str] = "recovery.begun"
    sessions_ended: bool


@dataclass(frozen=True, kw_only=True)
class AccountRecovered(Event):
    """A new password was chosen by a link or code from a mail. All sessions of the user ended."""

    type: ClassVar[str] = "account.recovered"


@dataclass(frozen=True, kw_only=True)
class AccountClaimed(Event):
    """The address of an account that nobody had verified was shown to be somebody's: whatever opened the account before was removed."""

    type: ClassVar[str] = "account.claimed"
