"""The section `password`: which of the three policies new passwords must meet. How they are hashed is another section."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PasswordSettings(BaseModel):
    """Passwords: what may be chosen. A stricter policy applies when a password is next set, not to those in use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Literal["balanced", "nist", "composition"] = Field(
        default="balanced",
        description=(
            "`balanced`: 8 characters, hard to guess by estimate, unlike the user's own data. `nist` (SP 800-63B-4): 15 characters, or 8 "
            "where a second factor is always required. `composition`: classes of characters, for auditors who ask for them. All refuse "
            "well-known passwords and take up to 128 characters."
        ),
    )
    set_by_administrators: bool = Field(
        default=True,
        description="Whether administrators may choose passwords for others, whom they then know them of (ASVS 6.4.6). Off: they have a "
        "link sent instead (`doorward user recover`), by which the user chooses.",
    )
    breached: Literal["off", "warn", "block"] = Field(
        default="block",
        description="What becomes of passwords that are known from breaches (see `doorward breach load`). `block`: they are refused when set, "
        "and replaced at the next sign-in. `warn`: they are taken, and the log says so. `off`: nobody looks.",
    )
    breached_file: Path | None = Field(
        default=None,
        description="The file that `doorward breach load` writes; unless given, `breached-passwords` in the data folder.",
    )
    breached_lookup_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="A service that is asked too when a password is set, by the first five digits of its SHA-1, such as "
        "`https://api.pwnedpasswords.com/range`. What does not answer within a second is passed over.",
    )
    composition_min_length: int = Field(
        default=12, ge=8, le=64, description="With the policy `composition`: the fewest characters a password may have."
    )
    composition_lower: bool = Field(
        default=True, description="With the policy `composition`: whether a lower-case letter is required."
    )
    composition_upper: bool = Field(
        default=True, description="With the policy `composition`: whether an upper-case letter is required."
    )
    composition_digit: bool = Field(
        default=True, description="With the policy `composition`: whether a digit is required."
    )
    composition_symbol: bool = Field(
        default=True, description="With the policy `composition`: whether a punctuation mark or symbol is required."
    )
