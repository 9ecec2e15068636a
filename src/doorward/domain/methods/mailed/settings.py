"""What can be set of a way to sign in by mail."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class MailedSettings(BaseModel):
    """A way to sign in by mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["off", "first", "second", "both"] = Field(
        default="off",
        description="Whether it signs people in (`first`), stands beside a password for those who set nothing better up "
        "(`second`), or `both`. Only to verified addresses.",
    )
    seconds: int = Field(default=600, ge=60, le=600, description="How long what was mailed works.")
    tries: int = Field(default=5, ge=1, le=20, description="How many wrong answers end it.")
