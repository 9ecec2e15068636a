"""What this method brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.magic_link.method import METHOD
from doorward.kernel.feature import Feature

MAGIC_LINK: Final[Feature] = METHOD.feature()
