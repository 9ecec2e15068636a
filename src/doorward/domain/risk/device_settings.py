"""The section `devices`: how long browsers and apps are known and trusted."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DevicesSettings(BaseModel):
    """Browsers and apps that people signed in from. One that is known has a count of wrong answers of its own."""

    trusted_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="For how many days a device that its user trusts asks for no second factor. 0 lets nobody trust any.",
    )
    forget_days: int = Field(
        default=400, ge=1, le=3650, description="After how many days without a sign-in a device is forgotten."
    )
