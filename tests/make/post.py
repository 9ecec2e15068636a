"""A post office: a real SMTP server, and what arrived there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from doorward.app import make_worker
from doorward.infra.mailer.choose import build_mailer
from doorward.infra.mailer.settings import MailSettings
from doorward.infra.tools import Tools
from tests.make.tools import changed

_LINK = re.compile(r"https?://\S+")
_CODE = re.compile(r"^(?:Your code|Ihr Code): (\S+)$", re.MULTILINE)


class Letter:
    """A message that arrived."""

    def __init__(self, envelope: Envelope) -> None:
        assert envelope.content is not None
        self.sender = envelope.mail_from
        (self.to,) = envelope.rcpt_tos
        content = envelope.content if isinstance(envelope.content, bytes) else envelope.content.encode()
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.message = message
        self.subject = str(message["subject"])
        text = message.get_body(("plain",))
        html = message.get_body(("html",))
        assert text is not None
        assert html is not None
        self.text = str(text.get_content()).replace("\r\n", "\n")
        self.html = str(html.get_content())

    @property
    def link(self) -> str:
        """The one link in it."""
        (found,) = _LINK.findall(self.text)
        return str(found)

    @property
    def token(self) -> str:
        """What its link carries."""
        return self.link.partition("token=")[2].partition("&")[0]

    @property
    def code(self) -> str:
        """The code in it."""
        (found,) = _CODE.findall(self.text)
        return str(found)


class PostOffice:
    """Takes mail by SMTP.

    refusing: what to answer to recipients instead, such as `550 no such user`. delay: seconds before it answers anything.
    """

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.refusing: str | None = None
        self.delay = 0.0
        self.host = "127.0.0.1"
        self.port = 0
        self._server: asyncio.Server | None = None
        self._arrived = asyncio.Event()

    async def arrival(self) -> None:
        """Waits for the next letter."""
        self._arrived.clear()
        await self._arrived.wait()

    async def open(self) -> None:
        """Listens, at the same port as before where it was open before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop), self.host, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listens no more; connections at it are refused."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.delay)  # as a tarpit does
        if self.refusing is not None:
            return self.refusing
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        self.letters.append(Letter(envelope))
        self._arrived.set()
        return "250 OK"

    def settings(self, **fields: Any) -> MailSettings:
        """Settings that send mail here."""
        return MailSettings(
            host=self.host, port=self.port, security="none", from_address="no-reply@id.example.com", **fields
        )

    def serve(self, tools: Tools, **fields: Any) -> None:
        """Has tools send their mail here for the rest of a test."""
        settings = self.settings(**fields)
        changed(tools, MailSettings, **settings.model_dump())
        tools.mailer = build_mailer(settings)

    async def collect(self, tools: Tools) -> list[Letter]:
        """Works through what is queued; what arrived meanwhile, oldest first."""
        before = len(self.letters)
        await work(tools)
        return self.letters[before:]

    async def only(self, tools: Tools) -> Letter:
        """The one letter that what is queued makes."""
        (letter,) = await self.collect(tools)
        return letter


async def work(tools: Tools) -> None:
    """Works until nothing is due."""
    worker = make_worker(tools)
    while await worker.work_once():
        pass


@asynccontextmanager
async def opened_post() -> AsyncIterator[PostOffice]:
    """A post office that takes mail until the end."""
    office = PostOffice()
    await office.open()
    try:
        yield office
    finally:
        await office.close()
