"""What happens to passwords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """A password was set or changed, by its owner or by an administrator. All other sessions of the user ended."""

    type: ClassVar[str] = "password.changed"


@dataclass(frozen=True, kw_only=True)
class PasswordBreached(Event):
    """A password in use was found among those known from breaches, when it was set or when somebody signed in with it."""

    type: ClassVar[str] = "password.breached"
