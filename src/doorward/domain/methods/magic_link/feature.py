"""What this method brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.magic_link.method import JOB, LINK, MagicLinkMethod, mail_link, void_links
from doorward.domain.methods.magic_link.settings import MagicLinkSettings
from doorward.domain.one_time.links import LinkPurpose
from doorward.kernel.feature import Feature

MAGIC_LINK: Final = Feature(
    name="magic_link",
    settings={"magic_link": MagicLinkSettings},
    jobs={JOB: mail_link},
    method=MagicLinkMethod(),
    reactions=dict.fromkeys(("password.changed", "email.primary_changed"), void_links),
    links=(LinkPurpose(LINK, "sign-in"),),
)
