"""The section `lockout`: how guessing is slowed down and stopped."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


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


class ChallengeSettings(BaseModel):
    """What is asked for before signing up and recovering an account, to make doing so by the thousand costly."""

    kind: Literal["off", "proof_of_work", "captcha"] = Field(
        default="off",
        description="`proof_of_work`: the client computes for a moment; no third party takes part. `captcha`: a service of "
        "your choice says whether a person asks.",
    )
    difficulty: int = Field(
        default=18,
        ge=1,
        le=32,
        description="How many zero bits the puzzle asks for; each more doubles the work. 18 takes a phone about a second.",
    )
    seconds: int = Field(default=300, ge=10, le=3600, description="How long a puzzle can be solved.")
    captcha_verify_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="Where answers to a CAPTCHA are checked: takes a form with `secret`, `response` and `remoteip`, answers JSON with "
        "`success`, as reCAPTCHA, hCaptcha and Turnstile do.",
    )
    captcha_secret: SecretStr | None = Field(default=None, description="The secret that goes with it.")
    captcha_site_key: str | None = Field(default=None, description="The public key that pages show the CAPTCHA with.")
