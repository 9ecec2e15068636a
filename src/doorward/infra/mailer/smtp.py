"""Mail by SMTP (RFC 5321), encrypted unless the settings say otherwise."""

from __future__ import annotations

import asyncio
from typing import Final

import aiosmtplib

from doorward.infra.mailer.compose import compose, wire_address
from doorward.infra.mailer.mail import Mail, MailRefused, MailUnavailable
from doorward.infra.mailer.settings import MailSettings

_FINAL: Final = range(500, 600)


class SmtpMailer:
    """Hands each message to an SMTP server over a connection of its own."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    async def send(self, mail: Mail) -> None:
        """Hands a message over. Raises MailRefused when the server will never take it for this person, else MailUnavailable."""
        settings = self._settings
        try:
            message = compose(mail)
        except ValueError:
            raise MailRefused("an address that no header can hold") from None
        try:
            # One limit for all of it: a server that answers each step just in time would hold us for ever.
            async with asyncio.timeout(settings.timeout_seconds):
                await aiosmtplib.send(
                    message,
                    sender=mail.sender_address,
                    recipients=[wire_address(mail.to)],
                    hostname=settings.host,
                    port=settings.port,
                    username=settings.username,
                    password=settings.password.get_secret_value() if settings.password else None,
                    # Not the machine's own name, which costs a DNS question and says more than the server needs.
                    local_hostname=mail.sender_address.rpartition("@")[2],
                    timeout=settings.timeout_seconds,
                    use_tls=settings.security == "tls",
                    start_tls=settings.security == "starttls",
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code if error.recipients else None
            raise _failure("recipient refused", code) from None
        except aiosmtplib.SMTPDataError as error:
            raise _failure("content refused", error.code) from None
        except aiosmtplib.SMTPNotSupported:
            # Also a server without STARTTLS, which an operator can mend.
            if wire_address(mail.to).isascii():
                raise MailUnavailable("the server lacks what the settings ask for") from None
            raise MailRefused("the server takes no mailboxes beyond ASCII") from None
        except aiosmtplib.SMTPResponseException as error:
            # The greeting, the sign-in or the sender: nothing that this one message could help.
            raise MailUnavailable(type(error).__name__, error.code) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            raise MailUnavailable(type(error).__name__) from None


def _failure(reason: str, code: int | None) -> MailRefused | MailUnavailable:
    """RFC 5321 section 4.2.1: 5xx is final, 4xx is for now."""
    return MailRefused(reason, code) if code in _FINAL else MailUnavailable(reason, code)
