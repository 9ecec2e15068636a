"""What backups are sealed with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class BackupSettings(BaseModel):
    """Backups of an SQLite database (`doorward backup`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    passphrase: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="What backups are sealed with, at least 16 characters. Unset, they are sealed with the installation's "
        "secret (`DOORWARD_SECRETS`), which is needed beside every backup anyway.",
    )
