"""What this slice brings."""

from __future__ import annotations

from typing import Final

from doorward.domain.sign_up.problems import SignUpClosed
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.kernel.feature import Feature

SIGN_UP: Final = Feature(name="sign_up", settings={"sign_up": SignUpSettings}, problems=(SignUpClosed,))
