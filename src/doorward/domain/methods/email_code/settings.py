"""The section `email_code`."""

from __future__ import annotations

from doorward.domain.methods.mailed.settings import MailedSettings


class EmailCodeSettings(MailedSettings):
    """Codes by mail."""
