"""The section `bootstrap_admin`: the first administrator of an unattended installation."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr


class BootstrapAdminSettings(BaseModel):
    """The first administrator; used only while there is none."""

    email: str | None = Field(default=None, description="Email address of the first administrator.")
    password: SecretStr | None = Field(default=None, description="Password of the first administrator.")
