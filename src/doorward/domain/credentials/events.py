"""What happens to second factors. The target is the credential's id, `method` names the kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class FactorAdded(Event):
    """A second factor was set up, or recovery codes were made in place of those before."""

    type: ClassVar[str] = "factor.added"
    method: str


@dataclass(frozen=True, kw_only=True)
class FactorRenamed(Event):
    """A second factor got another name."""

    type: ClassVar[str] = "factor.renamed"
    method: str


@dataclass(frozen=True, kw_only=True)
class FactorRemoved(Event):
    """A second factor was removed: by its owner, by an administrator, or by a factor reset."""

    type: ClassVar[str] = "factor.removed"
    method: str
