"""The section `sign_in`: how signing in behaves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

SecondFactor = Literal["off", "optional", "required"]
_STRICTNESS: dict[SecondFactor, int] = {"off": 0, "optional": 1, "required": 2}


def strictest(choices: Collection[SecondFactor]) -> SecondFactor:
    """The strictest of some rules."""
    return max(choices, key=_STRICTNESS.__getitem__)


class SignInSettings(BaseModel):
    """Signing in."""

    attempt_seconds: int = Field(
        default=900, ge=60, le=86400, description="How long a sign-in that was begun can be finished."
    )
    attempt_tries: int = Field(
        default=20, ge=1, le=100, description="How many answers a sign-in that was begun takes, right and wrong ones."
    )
    second_factor: Literal["off", "optional", "required"] = Field(
        default="optional",
        description="`off`: nobody is asked for a second factor. `optional`: who set one up is. `required`: everybody is, "
        "and who has none sets one up while signing in.",
    )
    second_factor_by_role: dict[str, Literal["off", "optional", "required"]] = Field(
        default_factory=dict,
        description='What is asked of the holders of certain roles instead, as JSON: `{"admin": "required"}`. Of several '
        "roles the strictest counts.",
    )
    at_least_two: bool = Field(
        default=False,
        description="Whether who has a second factor needs two authenticators, so that losing one locks nobody out: "
        "further apps or passkeys, or recovery codes. Signing in asks for the second one.",
    )
    at_least_two_from: date | None = Field(
        default=None, description="From which day (UTC) on it does, such as `2027-01-31`; at once if not set."
    )
    factor_reset_hours: int = Field(
        default=24,
        ge=0,
        le=720,
        description="How long after an administrator resets somebody's second factors it takes place. Until then every "
        "address of the user has a link that takes it back.",
    )
    explain_days: int = Field(
        default=30, ge=1, le=365, description="How long the explanation behind a support code is kept."
    )

    @property
    def everybody_has_two(self) -> bool:
        """Whether nobody at all can sign in by one factor alone."""
        return {self.second_factor, *self.second_factor_by_role.values()} == {"required"}
