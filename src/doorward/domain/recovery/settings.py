"""The section `recovery`: how forgotten passwords are replaced."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RecoverySettings(BaseModel):
    """Recovery of accounts by mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: int = Field(default=1800, ge=300, le=86400, description="How long link and code of a mail work.")
    administrator_seconds: int = Field(
        default=86400,
        ge=300,
        le=7 * 86400,
        description="How long they work where an administrator had the mail sent, which its reader does not wait for.",
    )
    tries: int = Field(default=5, ge=1, le=20, description="How many wrong codes end one; then a new mail is needed.")
