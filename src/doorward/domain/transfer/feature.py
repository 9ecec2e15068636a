"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.transfer.events import UsersExported
from doorward.kernel.feature import Feature

TRANSFER: Final = Feature(name="transfer", events=(UsersExported,))
