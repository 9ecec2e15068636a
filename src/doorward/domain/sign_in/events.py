"""What happens at signing in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class SignInRefused(Event):
    """A sign-in was refused: a wrong proof, or an account that may not be used. `reason` is a problem's code.

    `method` is what was tried, once that is known.
    """

    type: ClassVar[str] = "sign_in.refused"
    counted: ClassVar[Mapping[str, str]] = {"method": "method", "reason": "reason"}
    reason: str
    method: str | None = None
