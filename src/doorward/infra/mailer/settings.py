"""The section `mail`: how mail leaves, and from whom it is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class MailSettings(BaseModel):
    """Mail: how it leaves, and from whom it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transport: Literal["smtp", "file", "console", "off"] | None = Field(
        default=None,
        description="`smtp`: to the server named here. `file`: each message becomes a file in `folder`. `console`: each message is "
        "printed. `off`: no mail, and whatever needs one cannot be used. Unset: `smtp` where a host is named, else `file` in "
        "development and `off` in production.",
    )
    host: str | None = Field(default=None, description="The SMTP server, such as smtp.example.com.")
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Its port. Unset: 587 with `starttls`, 465 with `tls`, 25 with `none`.",
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="`starttls`: encrypted after the greeting, or not at all. `tls`: encrypted from the start. `none`: not "
        "encrypted, for a server on the same machine. Certificates are always checked.",
    )
    username: str | None = Field(default=None, description="Whom to sign in as at the SMTP server, if it asks.")
    password: SecretStr | None = Field(default=None, description="The password at the SMTP server.")
    timeout_seconds: float = Field(
        default=20.0,
        gt=0,
        le=40,
        description="How long handing one message over may take before it is tried again later.",
    )
    from_address: str | None = Field(
        default=None,
        description="The sender's address. Unset: no-reply at the host of the issuer, which most servers refuse unless it is yours.",
    )
    from_name: str = Field(
        default="Doorward",
        description="The sender's name, and what mails call this service.",
        min_length=1,
        max_length=100,
    )
    folder: Path | None = Field(
        default=None, description="Where `file` puts messages. Unset: the folder `mail` in the data folder."
    )
    link_url: str | None = Field(
        default=None,
        description="Where links in mails lead, with {token} and {purpose} in it, such as "
        "https://app.example.com/{purpose}?token={token}. Unset: /v1/links of the issuer, which says what a link is for.",
    )

    @field_validator("from_address")
    @classmethod
    def _be_an_address(cls, value: str | None) -> str | None:
        if value is not None and (
            value.count("@") != 1 or not value.isprintable() or any(each in value for each in " <>,;")
        ):
            raise ValueError("write it as name@example.com, without a name")
        return value

    @field_validator("from_name")
    @classmethod
    def _be_a_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("a name is one line")
        return value

    @field_validator("link_url")
    @classmethod
    def _hold_the_token(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(("https://", "http://")) or "{token}" not in value:
            raise ValueError("write an http or https address with {token} in it")
        return value
