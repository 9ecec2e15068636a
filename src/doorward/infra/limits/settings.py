"""The section `rate_limits`: how often somebody may ask for what."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from doorward.infra.limits.rate import read_rate


class RateLimitSettings(BaseModel):
    """How often somebody may ask. A rate is written as `10/minute` or `100/5 minutes`; each is a sliding window."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True,
        description="Whether requests are limited at all. Failed sign-ins are limited by the section `failures` in any case.",
    )
    store: Literal["auto", "memory", "redis", "database"] = Field(
        default="auto",
        description="Where requests are counted. `memory`: in each process by itself. `redis`: shared, at `rate_limits.redis_url`. "
        "`database`: the strict classes (sign-in, sign-up, recovery) shared in the database, the others in each process. "
        "`auto`: Redis where its address is given, else memory.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="The address of Redis or Valkey, such as `redis://:password@host:6379/0`; `REDIS_URL` sets it too. "
        "While it is away, each process counts by itself.",
    )
    exempt: tuple[str, ...] = Field(
        default=(),
        description="Addresses or networks (CIDR) without limits by address, such as a backend that asks on behalf of "
        "many people. The limits by user stay.",
    )
    sign_in_per_address: str = Field(
        default="30/minute", description="Beginning and answering sign-ins, for each address."
    )
    sign_up_per_address: str = Field(default="10/minute", description="Signing up, for each address.")
    recovery_per_address: str = Field(
        default="10/minute",
        description="Asking for mails before signing in (recovery, verification) and spending links, for each address.",
    )
    refresh_per_address: str = Field(default="600/minute", description="Refreshing tokens, for each address.")
    read_per_address: str = Field(default="3000/minute", description="Operations that read, for each address.")
    write_per_address: str = Field(
        default="1200/minute", description="Operations that change something, for each address."
    )
    read_per_user: str = Field(default="1200/minute", description="Operations that read, for each signed-in user.")
    write_per_user: str = Field(
        default="300/minute", description="Operations that change something, for each signed-in user."
    )

    @field_validator("*", mode="after")
    @classmethod
    def _rates(cls, value: object, field: ValidationInfo) -> object:
        if "_per_" in (field.field_name or "") and isinstance(value, str):
            read_rate(value)
        return value

    @field_validator("exempt")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            ip_network(each, strict=False)
        return value
