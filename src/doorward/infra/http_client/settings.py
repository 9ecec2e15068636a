"""The section `http_client`: calls that Doorward makes itself."""

from __future__ import annotations

from ipaddress import ip_network

from pydantic import BaseModel, ConfigDict, Field, field_validator


class HttpClientSettings(BaseModel):
    """Calls to other servers: the look-up of breached passwords, the check of a CAPTCHA."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout_seconds: float = Field(default=5.0, gt=0, le=60, description="How long a whole call may take.")
    max_answer_bytes: int = Field(default=1024 * 1024, ge=1024, description="The largest answer that is read.")
    allowed_networks: tuple[str, ...] = Field(
        default=(),
        description="Private networks (CIDR) that may be reached all the same, such as that of a server of your own.",
    )

    @field_validator("allowed_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            ip_network(each, strict=False)
        return value
