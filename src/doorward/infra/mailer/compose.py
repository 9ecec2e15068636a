"""A message as it goes over the wire (RFC 5322): a text and an HTML part, and headers that keep machines from answering."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

import idna

from doorward.infra.mailer.mail import Mail


def compose(mail: Mail) -> EmailMessage:
    """The message. The same mail makes the same Message-ID. Raises ValueError for an address that no header can hold."""
    recipient = wire_address(mail.to)
    local, _, domain = recipient.rpartition("@")
    message = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
    message["From"] = Address(mail.sender_name, addr_spec=mail.sender_address)
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = mail.subject
    message["Date"] = mail.written_at
    message["Message-ID"] = f"<{mail.key}@{mail.sender_address.rpartition('@')[2]}>"
    # RFC 3834: no answers from holiday notices and the like, which would only tell that the address is read.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    message["Content-Language"] = mail.locale
    # Fixed, where the library would draw a random one: a message that is sent again is the same to the byte.
    message.set_boundary(f"part-{mail.key}")
    return message


def wire_address(address: str) -> str:
    """An address as SMTP takes it: its domain in ASCII, so that only mailboxes beyond ASCII need the server's SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"
