"""The settings of logging."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


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


class MetricsSettings(BaseModel):
    """Figures for Prometheus at `/metrics`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr | None = Field(
        default=None,
        description="What a scraper sends as `Authorization: Bearer …`. Without it `/metrics` answers in development only.",
    )
