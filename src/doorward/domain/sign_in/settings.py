"""The section `sign_in`: how signing in behaves."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


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
    explain_days: int = Field(
        default=30, ge=1, le=365, description="How long the explanation behind a support code is kept."
    )
