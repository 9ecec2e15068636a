"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.setup.problems import SetupLinkInvalid
from doorward.domain.setup.settings import BootstrapAdminSettings
from doorward.domain.setup.tables import setup_links
from doorward.kernel.feature import Feature

SETUP: Final = Feature(
    name="setup",
    tables=(setup_links,),
    settings={"bootstrap_admin": BootstrapAdminSettings},
    problems=(SetupLinkInvalid,),
)
