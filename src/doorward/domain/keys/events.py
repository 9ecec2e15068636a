"""What happens to signing keys. The target is the key's id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class KeyRotated(Event):
    """A new signing key was made; it signs from `active_from` on."""

    type: ClassVar[str] = "key.rotated"
    algorithm: str
    active_from: str


@dataclass(frozen=True, kw_only=True)
class KeyRevoked(Event):
    """A signing key was taken back: no token that it signed is accepted any more."""

    type: ClassVar[str] = "key.revoked"
    algorithm: str
