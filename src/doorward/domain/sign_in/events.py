"""What happens at signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class SignInRefused(Event):
    """A sign-in was refused: a wrong proof, or an account that may not be used. `reason` is a problem's code."""

    type: ClassVar[str] = "sign_in.refused"
    reason: str
