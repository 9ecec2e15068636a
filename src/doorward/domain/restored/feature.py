"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.restored.events import DatabaseRestored
from doorward.kernel.feature import Feature

RESTORED: Final = Feature(name="restored", events=(DatabaseRestored,))
