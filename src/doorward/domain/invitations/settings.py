"""The section `invitations`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class InvitationsSettings(BaseModel):
    """Invitations to make an account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(default=7, ge=1, le=90, description="For how many days an invitation can be accepted.")
    keep_days: int = Field(
        default=30, ge=0, description="For how many days after that an invitation is kept before it is forgotten."
    )
