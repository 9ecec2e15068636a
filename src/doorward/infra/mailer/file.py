"""Mail as files, for development: open one with any mail program."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import structlog

from doorward.infra.mailer.compose import compose
from doorward.infra.mailer.mail import Mail, MailRefused, MailUnavailable

_log = structlog.stdlib.get_logger("doorward.mail")


class FileMailer:
    """Writes each message into a folder, readable by its owner alone: the links in it open accounts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        """Writes a message. Raises MailUnavailable when the folder cannot be written."""
        try:
            content = bytes(compose(mail))
        except ValueError:
            raise MailRefused("an address that no header can hold") from None
        path = self._folder / f"{mail.written_at:%Y%m%dT%H%M%S}-{mail.key}.eml"
        try:
            await asyncio.to_thread(self._write, path, content)
        except OSError as error:
            raise MailUnavailable(type(error).__name__) from None
        _log.info("mail written", path=str(path), subject=mail.subject)

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
