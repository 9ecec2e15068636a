"""What happens at signing in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event, personal


@dataclass(frozen=True, kw_only=True)
class SignInRefused(Event):
    """A sign-in was refused: a wrong proof, or an account that may not be used. `reason` is a problem's code.

    `method` is what was tried, once that is known.
    """

    type: ClassVar[str] = "sign_in.refused"
    counted: ClassVar[Mapping[str, str]] = {"method": "method", "reason": "reason"}
    reason: str
    method: str | None = None


@dataclass(frozen=True, kw_only=True)
class FactorResetBegun(Event):
    """An administrator began to reset the second factors of a user, who was told so and can take it back until then."""

    type: ClassVar[str] = "factor_reset.begun"
    applies_at: str
    reason: str = personal()


@dataclass(frozen=True, kw_only=True)
class FactorResetCancelled(Event):
    """A reset of second factors was taken back, by the user's link or by an administrator."""

    type: ClassVar[str] = "factor_reset.cancelled"


@dataclass(frozen=True, kw_only=True)
class FactorResetApplied(Event):
    """The second factors of a user were reset and all their sessions ended."""

    type: ClassVar[str] = "factor_reset.applied"
