"""What happens to passkeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class PasskeyAdded(Event):
    """A passkey was enrolled: by its owner, while signing in, or with a new account. `aaguid` names the model."""

    type: ClassVar[str] = "passkey.added"
    aaguid: str
    synced: bool


@dataclass(frozen=True, kw_only=True)
class PasskeyRenamed(Event):
    """A passkey was given another name."""

    type: ClassVar[str] = "passkey.renamed"


@dataclass(frozen=True, kw_only=True)
class PasskeyRemoved(Event):
    """A passkey was removed, by its owner or by an administrator."""

    type: ClassVar[str] = "passkey.removed"


@dataclass(frozen=True, kw_only=True)
class PasskeySuspected(Event):
    """A passkey was used whose counter did not go on, as if there were a copy of it. The sign-in was refused."""

    type: ClassVar[str] = "passkey.suspected"
