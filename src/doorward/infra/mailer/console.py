"""Mail on the terminal, for development without a folder."""

from __future__ import annotations

import sys

from doorward.infra.mailer.mail import Mail


class ConsoleMailer:
    """Prints each message's text, past the log, which would take the links out."""

    async def send(self, mail: Mail) -> None:
        """Prints a message."""
        print(f"--- mail to {mail.to}: {mail.subject}\n{mail.text}---", file=sys.stderr, flush=True)  # noqa: T201 - what it is for
