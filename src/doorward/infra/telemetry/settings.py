"""The settings of logging, metrics, traces and reports."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class LogSettings(BaseModel):
    """What is logged, and in which form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least severe lines that are written; INFO has one line for each request."
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto",
        description="`json`: one JSON object a line. `console`: for people. `auto`: console on a terminal, else JSON.",
    )


class TracingSettings(BaseModel):
    """Traces by OpenTelemetry (extra `otel`). Other variables that begin with `OTEL_` are honored as that library reads them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str = Field(
        default="",
        description="The collector's address for OTLP over HTTP, such as `http://collector:4318`; "
        "`OTEL_EXPORTER_OTLP_ENDPOINT` sets it too. Empty: no traces, at no cost.",
    )


class SentrySettings(BaseModel):
    """Reports of failures of ours to Sentry (extra `sentry`): where in the code and in which request, and nothing that a caller sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dsn: SecretStr | None = Field(
        default=None,
        description="The project's address at Sentry; `SENTRY_DSN` sets it too. Without it nothing is reported.",
    )
    environment: str = Field(default="", description="What Sentry calls this installation; the mode unless given.")


class MetricsSettings(BaseModel):
    """Figures for Prometheus at `/metrics`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    access: Literal["auto", "off", "token", "address", "open"] = Field(
        default="auto",
        description="Who may see `/metrics`: whoever sends the `token`, whoever asks from one of `addresses`, everybody "
        "(`open`) or nobody (`off`). `auto`: by token where one is set; else by address in development and off in production.",
    )
    token: SecretStr | None = Field(default=None, description="What a scraper sends as `Authorization: Bearer …`.")
    addresses: tuple[str, ...] = Field(
        default=("127.0.0.0/8", "::1"),
        description="Addresses and networks that may see it with `access` at `address`, seen through trusted proxies.",
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="A port of its own for `/metrics`, which is then not on the public one. `auto` asks for nothing there "
        "unless `token` is set. `doorward worker` shows its figures, and `/livez`, only on this port.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on with `port`.")

    @field_validator("addresses")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            ip_network(each, strict=False)
        return value

    @model_validator(mode="after")
    def _has_what_it_asks_for(self) -> Self:
        if self.access == "token" and self.token is None:
            raise ValueError("access by token needs `token`: set DOORWARD_METRICS__TOKEN")
        return self
