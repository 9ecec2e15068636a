"""Where links in mails lead: to the configured address, never to the Host header of some request."""

from __future__ import annotations

from doorward.infra.mailer.settings import MailSettings
from doorward.infra.tools import Tools


class Issuer:
    """The address that people know this installation by; held by Tools, because messages stand below what tokens say."""

    def __init__(self) -> None:
        self.url = "http://127.0.0.1:8000"


def link_to(tools: Tools, purpose: str, token: str) -> str:
    """The address to open. purpose: what the link is for, in a word. token: its secret; letters that need no escaping."""
    template = tools.section(MailSettings).link_url or f"{tools.hold(Issuer).url}/v1/links?token={{token}}"
    return template.replace("{token}", token).replace("{purpose}", purpose)
