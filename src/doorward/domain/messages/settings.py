"""The section `messages`: to whom how much is written, and in which language."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class MessagesSettings(BaseModel):
    """Messages to people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default_locale: Literal["en", "de"] = Field(
        default="en", description="The language of mail to people who chose none, or one that there are no texts in."
    )
    most_per_hour: int = Field(
        default=5,
        ge=1,
        le=100,
        description="How many messages of one kind strangers can have sent to a user within an hour, such as links to a new "
        "password. Further requests are answered the same and send nothing.",
    )
    retry_hours: float = Field(
        default=24.0,
        gt=0,
        le=168,
        description="For how long a message that cannot be handed over is tried again. What its link opens may end earlier, "
        "and then the message ends with it.",
    )
    keep_days: int = Field(
        default=30, ge=0, description="For how many days it is kept that a message was sent. Its content goes at once."
    )
