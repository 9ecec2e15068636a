"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.audit.list import READ_EVENTS
from doorward.kernel.feature import Feature

AUDIT: Final = Feature(name="audit", permissions=(READ_EVENTS,))
