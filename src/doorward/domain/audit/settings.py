"""The section `audit`: what the log keeps of people."""

from __future__ import annotations

from pydantic import BaseModel, Field


class AuditSettings(BaseModel):
    """The log of what happened."""

    keep_strangers_days: int = Field(
        default=90,
        ge=0,
        description="For how many days the log keeps the address and program of somebody who belongs to no account, such "
        "as after a sign-in with an unknown name. The event itself stays.",
    )
