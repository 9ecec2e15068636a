"""Which transport the settings ask for."""

from __future__ import annotations

from typing import Literal

from doorward.infra.mailer.console import ConsoleMailer
from doorward.infra.mailer.file import FileMailer
from doorward.infra.mailer.mail import Mailer
from doorward.infra.mailer.settings import MailSettings


def transport_of(settings: MailSettings) -> Literal["smtp", "file", "console", "off"]:
    """The transport: as configured, else SMTP where a server is named, files where a folder is, or none."""
    if settings.transport is not None:
        return settings.transport
    if settings.host is not None:
        return "smtp"
    return "file" if settings.folder is not None else "off"


def build_mailer(settings: MailSettings) -> Mailer | None:
    """The transport at work; None where mail is off. The settings were checked (`settings._contradictions`)."""
    match transport_of(settings):
        case "smtp":
            # Here and not above: its TLS and MIME modules take time that processes without mail need not spend.
            from doorward.infra.mailer.smtp import SmtpMailer  # noqa: PLC0415 - see above

            return SmtpMailer(settings)
        case "file" if settings.folder is not None:
            return FileMailer(settings.folder)
        case "console":
            return ConsoleMailer()
        case _:
            return None
