"""The settings of HTTP: limits, proxies, browsers' origins."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9.-]+|\[[0-9a-f:.]+\]")


class HttpSettings(BaseModel):
    """Limits on requests, the proxies that are believed, and the browsers' origins that may ask."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_body_bytes: int = Field(
        default=1024 * 1024,
        ge=1024,
        description="The largest request body in bytes; a larger one is answered with 413.",
    )
    body_timeout_seconds: float = Field(
        default=15.0,
        gt=0,
        description="How long a client may take to send a request's body before it is answered with 408.",
    )
    request_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long a request may take until its answer begins; then it is answered with 503.",
    )
    max_headers: int = Field(
        default=100, ge=16, description="The greatest number of header fields in a request; more are answered with 431."
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description=(
            "Addresses or networks (CIDR) of the reverse proxies in front, whose forwarding header and X-Request-Id are "
            "believed; `unix` believes whoever connects through a Unix socket. Empty: nobody is believed."
        ),
    )
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = Field(
        default="x-forwarded-for",
        description="The one header in which the trusted proxies write the client's address; the other one is ignored.",
    )
    cors_origins: tuple[str, ...] = Field(
        default=(),
        description="Exact origins, such as `https://app.example.com`, whose scripts may call the API from a browser.",
    )
    cors_credentials: bool = Field(
        default=False,
        description="Whether scripts of those origins may send cookies along; leave off for bearer tokens.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Host names (without port, `*.example.com` for any below) that requests may name. Empty: any.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if each != "unix":
                ip_network(each, strict=False)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not _ORIGIN.fullmatch(each):
                raise ValueError(
                    "an origin is scheme, host and perhaps port in lower case, without a path and without '*'"
                )
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not _HOST.fullmatch(each):
                raise ValueError("a host is a name in lower case without scheme and port, such as 'id.example.com'")
        return value
