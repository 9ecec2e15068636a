"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.sealed.events import SecretsResealed
from doorward.kernel.feature import Feature

SEALED: Final = Feature(name="sealed", events=(SecretsResealed,))
