"""What this method brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.methods.email_code.method import METHOD
from doorward.kernel.feature import Feature

EMAIL_CODE: Final[Feature] = METHOD.feature()
