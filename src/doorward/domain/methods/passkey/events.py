"""What happens to passkeys, beside what happens to factors of every kind (`credentials.events`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class PasskeySuspected(Event):
    """A passkey was used whose counter did not go on, as if there were a copy of it. The sign-in was refused."""

    type: ClassVar[str] = "passkey.suspected"
