"""A message, and what every transport promises of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to one person.

    key: names it for ever; a message that is sent twice after a failure has the same one, and with it the same Message-ID.
    """

    key: str
    sender_name: str
    sender_address: str
    to: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    locale: str
    written_at: datetime


class MailRefused(Exception):  # noqa: N818 - an outcome, named as the field names it
    """The message will never be taken; trying again is of no use. code: the server's, if there was one."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class MailUnavailable(Exception):  # noqa: N818 - as above
    """The message was not taken now; trying again later is right. code: the server's, if there was one."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class Mailer(Protocol):
    """A way for mail to leave."""

    async def send(self, mail: Mail) -> None:
        """Hands a message over. Raises MailRefused or MailUnavailable."""
        ...
