"""The section `passkey`: who this service is to authenticators, and what it asks of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator

_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_ORIGIN: Final = re.compile(r"(https?://[a-z0-9.-]+(:[0-9]{1,5})?|[a-z]+:apk-key-hash:[A-Za-z0-9_-]+)", re.ASCII)


class PasskeySettings(BaseModel):
    """Passkeys (WebAuthn level 3)."""

    rp_id: str | None = Field(
        default=None,
        max_length=253,
        description="The domain that passkeys belong to. Choose it once: passkeys of another domain never work again. The host "
        "of `DOORWARD_TOKENS__ISSUER` unless given; `localhost` where that is an address of numbers, which browsers do not "
        "take: open http://localhost:8000 and not http://127.0.0.1:8000 then.",
    )
    rp_name: str = Field(
        default="Doorward", min_length=1, max_length=64, description="What people see beside the domain."
    )
    origins: list[str] = Field(
        default_factory=list,
        description="The pages that may ask for passkeys, as exact origins such as `https://app.example.com`; apps by "
        "`android:apk-key-hash:…`. The origin of `DOORWARD_TOKENS__ISSUER` unless given.",
    )
    user_verification: Literal["required", "preferred", "discouraged"] = Field(
        default="required",
        description="Whether authenticators must ask for a fingerprint, a face or a PIN. `required`: a passkey counts as two "
        "factors. Otherwise one that did not ask counts as one factor.",
    )
    allow_aaguids: list[UUID] = Field(
        default_factory=list,
        description="The models of authenticators that may be enrolled, by AAGUID; all unless given. Without "
        "`attestation_roots` it is the authenticator's own word, which stops mistakes and no attacker.",
    )
    attestation_roots: Path | None = Field(
        default=None,
        description="A PEM file of the makers' root certificates. With it only authenticators are enrolled that prove by a "
        "certificate below one of them what they are; passkeys of phones and password managers cannot.",
    )
    most_per_user: int = Field(default=20, ge=1, le=100, description="How many passkeys an account may have.")
    enrollment_seconds: int = Field(
        default=600, ge=60, le=3600, description="How long adding a passkey may take once it was begun."
    )

    @field_validator("rp_id")
    @classmethod
    def _is_domain(cls, value: str | None) -> str | None:
        if value is not None and (_DOMAIN.fullmatch(value) is None or value.rpartition(".")[2].isdecimal()):
            raise ValueError("give a domain in lower case, without scheme and port; an address of numbers is none")
        return value

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, value: list[str]) -> list[str]:
        if any(_ORIGIN.fullmatch(origin) is None for origin in value):
            raise ValueError("an origin is scheme, host and port alone, such as https://app.example.com")
        return value

    @model_validator(mode="after")
    def _have_a_page(self) -> PasskeySettings:
        if self.rp_id is None or not self.origins:
            return self
        hosts = [origin.partition("://")[2].partition(":")[0] for origin in self.origins if "://" in origin]
        if hosts and not any(host == self.rp_id or host.endswith("." + self.rp_id) for host in hosts):
            raise ValueError("none of the origins lies in the domain rp_id, so no browser would offer a passkey")
        return self
