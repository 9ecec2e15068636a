"""Prove who you are by a link that was sent to your address, or by the code in the same mail.

Opening the link does nothing: the page it leads to hands its token to the sign-in that asked, as an answer. In a browser
that did not ask there is no such sign-in, so a forwarded or planted link signs nobody in (login cross-site forgery).
"""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.magic_link.settings import MagicLinkSettings
from doorward.domain.methods.mailed.method import MailedMethod
from doorward.domain.one_time.values import Kind

LINK: Final = Kind("sign-in", "ml")
METHOD: Final = MailedMethod(
    "magic_link", LINK, MagicLinkSettings, text="magic_link", title="Link or code from the mail", has_link=True
)
