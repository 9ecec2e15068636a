"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.access.settings import TokensSettings
from doorward.kernel.feature import Feature

ACCESS: Final = Feature(name="access", settings={"tokens": TokensSettings})
