"""What happens to what is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class SecretsResealed(Event):
    """What was sealed with earlier secrets of the installation was sealed with the first, such as to take another away.

    unopened: how many values were left as they are, because none of the secrets opens them.
    """

    type: ClassVar[str] = "secrets.resealed"
    credentials: int
    signing_keys: int
    unopened: int
