"""The section `keys`: how signing keys come and go."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class KeysSettings(BaseModel):
    """Signing keys."""

    algorithm: Literal["ES256", "RS256", "Ed25519"] = Field(
        default="ES256", description="The algorithm of keys made from now on (RFC 7518, RFC 9864)."
    )
    rotate_days: int = Field(
        default=90, ge=0, description="After how many days the next key takes over by itself; 0 means only by hand."
    )
    announce_seconds: int = Field(
        default=3600,
        ge=0,
        description="For how long a new key is published before it signs, so that services that cache the key set know it.",
    )
    overlap_seconds: int = Field(
        default=86400,
        ge=60,
        description="For how long a key that signs no more is still published. Longer than any access token lives.",
    )
