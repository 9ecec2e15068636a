"""The section `verification`: how addresses are shown to be their owner's."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class VerificationSettings(BaseModel):
    """Verification of email addresses. Whether it is asked for is set under `sign_up`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: int = Field(default=86400, ge=300, le=7 * 86400, description="How long link and code of a mail work.")
    tries: int = Field(default=5, ge=1, le=20, description="How many wrong codes end one; then a new mail is needed.")
