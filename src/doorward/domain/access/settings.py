"""The section `tokens`: what stands in access tokens."""

from __future__ import annotations

from pydantic import BaseModel, Field


class TokensSettings(BaseModel):
    """Access tokens (RFC 9068)."""

    issuer: str = Field(
        default="http://127.0.0.1:8000",
        description="The address of this installation as others know it, without a slash at the end. It stands in every "
        "token as `iss`, and links in mails begin with it; the Host header of a request is never used for that.",
    )
    audience: str = Field(default="doorward", description="Who access tokens are for: `aud`.")
    leeway_seconds: float = Field(
        default=5.0, ge=0, le=300, description="By how much the clocks of issuer and verifier may differ."
    )
