"""The section `magic_link`."""

from __future__ import annotations

from doorward.domain.methods.mailed.settings import MailedSettings


class MagicLinkSettings(MailedSettings):
    """Links by mail, with a code beside."""
