"""The section `sign_up`: who may make an account."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class SignUpSettings(BaseModel):
    """Signing up."""

    mode: Literal["open", "closed"] = Field(
        default="open", description="`open`: anybody may sign up. `closed`: only administrators make accounts."
    )
    hide_existing: bool = Field(
        default=False,
        description="Answer a sign-up with a known email address exactly as one with a new address: with a sign-in to "
        "carry on. Off tells people plainly that they have an account already.",
    )
