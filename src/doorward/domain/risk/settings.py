"""The section `lockout`: how guessing is slowed down and stopped."""

from __future__ import annotations

from pydantic import BaseModel, Field


class LockoutSettings(BaseModel):
    """Wrong passwords, codes and other proofs, counted together for each account, and apart for each address and known device."""

    delay_from: int = Field(
        default=3,
        ge=1,
        le=100,
        description="From which wrong answer in a row on the next one has to wait: 1 s, 2 s, 4 s, …",
    )
    lock_at: int = Field(
        default=10, ge=2, le=100, description="How many wrong answers in a row lock the account for a time."
    )
    lock_seconds: int = Field(
        default=900, ge=1, le=86400, description="How long the first lock lasts; each further one lasts twice as long."
    )
    lock_most_seconds: int = Field(default=86400, ge=1, le=30 * 86400, description="How long a lock lasts at most.")
    ceiling: int = Field(
        default=100,
        ge=10,
        le=100,
        description="After how many wrong answers in a row nothing but recovery, a passkey or an administrator helps (SP 800-63B).",
    )
