"""The settings of HTTP (limits, proxies, browsers' origins) and of the server process."""

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


class ServerSettings(BaseModel):
    """The server process: where it listens, how many there are, and how it ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="The address to listen on; `0.0.0.0` or `::` for every one.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="The port to listen on; `PORT` sets it too. 0: any free one."
    )
    uds: str | None = Field(
        default=None, description="The path of a Unix socket to listen on, instead of host and port."
    )
    workers: int = Field(default=1, ge=1, le=256, description="How many server processes share the port.")
    backlog: int = Field(default=2048, ge=1, description="How many connections may wait to be accepted.")
    max_connections: int = Field(
        default=12_000,
        ge=1,
        description="The most connections per process at one time; further ones are answered with 503.",
    )
    max_header_bytes: int = Field(
        default=32 * 1024,
        ge=4096,
        description="The largest head of a request in bytes; a larger one is answered with 431.",
    )
    header_timeout_seconds: float = Field(
        default=10.0, gt=0, description="How long a client may take to send the head of a request before it is cut off."
    )
    write_timeout_seconds: float = Field(
        default=20.0,
        gt=0,
        description="How long a client may take to receive what it asked for, or 64 KiB of it each time, before it is cut off.",
    )
    keep_alive_seconds: int = Field(
        default=75,
        ge=1,
        description="How long an idle connection is kept; longer than a load balancer in front keeps its own, so that it never meets a closed one.",
    )
    drain_delay_seconds: float = Field(
        default=0.0,
        ge=0,
        description="After SIGTERM: how long to go on serving while readiness already says no, so that load balancers turn away first.",
    )
    shutdown_grace_seconds: int = Field(
        default=25, ge=0, description="After that: how long requests that have begun may take to end."
    )
    worker_timeout_seconds: float = Field(
        default=30.0,
        gt=1,
        description="With several workers: how long one may give no sign of life before it is replaced.",
    )
