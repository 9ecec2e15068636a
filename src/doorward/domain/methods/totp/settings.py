"""The section `totp`: codes of authenticator apps."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from doorward.domain.methods.totp.one_time_password import Algorithm


class TotpSettings(BaseModel):
    """Codes of authenticator apps. What is changed here goes for apps set up from then on; those in use go on as they are."""

    enabled: bool = Field(default=True, description="Whether people may set one up. Those in use go on.")
    issuer: str = Field(
        default="Doorward",
        min_length=1,
        max_length=64,
        pattern=r"^[^:%]+$",
        description="The name that apps show beside the account.",
    )
    algorithm: Algorithm = Field(
        default="SHA1", description="The hash. Many apps know `SHA1` alone, and here it is as strong as the others."
    )
    digits: Literal[6, 8] = Field(default=6, description="How long a code is.")
    drift_steps: int = Field(
        default=1,
        ge=0,
        le=2,
        description="By how many steps of 30 s the clock of an app may be off, to either side.",
    )
    enroll_seconds: int = Field(
        default=600, ge=60, le=3600, description="How long somebody may take to set an app up and type its first code."
    )
