"""The section `lockdown`: which notices are sent, and how far back a lockdown reaches."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LockdownSettings(BaseModel):
    """Security notices and lockdown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    notices: bool = Field(
        default=True, description="Whether people are told by mail when a password, an address or a factor changes."
    )
    link_days: int = Field(
        default=7, ge=1, le=90, description="For how many days the link in a notice locks the account down."
    )
    undo_days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="For how many days the former primary address can take a change of it back.",
    )
    recent_days: int = Field(
        default=7,
        ge=0,
        le=90,
        description="A lockdown removes addresses and sign-in methods that are younger than this: an intruder's may be among "
        "them. Such addresses receive no notices either, except the primary one.",
    )
