"""What a credential of this method holds, and whether a code belongs to it."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from doorward.domain.methods.totp.one_time_password import SECRET_BYTES, Algorithm, password_of, step_at
from doorward.domain.methods.totp.settings import TotpSettings
from doorward.kernel.secret import same

NAME: Final = "totp"
_LONGEST: Final = 32


@dataclass(frozen=True, slots=True)
class Authenticator:
    """One app. last_step: of the newest code that was taken; neither it nor an older one is taken again."""

    secret: bytes = field(repr=False)
    algorithm: Algorithm = "SHA1"
    digits: int = 6
    last_step: int = 0

    @property
    def secret_text(self) -> str:
        """The secret as people type it into an app."""
        return base64.b32encode(self.secret).decode().rstrip("=")

    def data(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "secret": self.secret_text,
            "algorithm": self.algorithm,
            "digits": self.digits,
            "last_step": self.last_step,
        }

    def take(self, typed: str, *, now: float, drift_steps: int) -> Authenticator | None:
        """The app after its code was taken; None for a wrong code and for one that was taken before. now: in seconds."""
        code = "".join(character for character in typed[:_LONGEST] if character not in " -")
        present = step_at(now)
        taken: int | None = None
        # All of them are compared, so that the time does not tell how far the app's clock is off.
        for step in range(present - drift_steps, present + drift_steps + 1):
            right = same(_digits(code), password_of(self.secret, step, digits=self.digits, algorithm=self.algorithm))
            if right and step > self.last_step:
                taken = step
        return None if taken is None else replace(self, last_step=taken)


def new_authenticator(settings: TotpSettings) -> Authenticator:
    """An app with a secret that nobody knows yet."""
    return Authenticator(os.urandom(SECRET_BYTES[settings.algorithm]), settings.algorithm, settings.digits)


def read(data: Mapping[str, Any]) -> Authenticator:
    """An app from what is stored."""
    text = str(data["secret"])
    secret = base64.b32decode(text + "=" * (-len(text) % 8), casefold=True)
    algorithm = cast("Algorithm", data.get("algorithm", "SHA1"))
    return Authenticator(secret, algorithm, int(data.get("digits", 6)), int(data.get("last_step", 0)))


def _digits(text: str) -> str:
    """What was typed, if it is digits as we write them; others, such as Arabic ones, would not compare as bytes."""
    return text if text.isascii() else ""
