"""The section `sign_in`: how signing in behaves."""

from __future__ import annotations

from pydantic import BaseModel, Field


class SignInSettings(BaseModel):
    """Signing in."""

    attempt_seconds: int = Field(
        default=900, ge=60, le=86400, description="How long a sign-in that was begun can be finished."
    )
    attempt_tries: int = Field(
        default=10, ge=1, le=100, description="How many wrong answers end a sign-in that was begun."
    )
