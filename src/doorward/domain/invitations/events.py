"""What happens to invitations. The target is the invitation's id; whom it went to is not kept here, for they may never be a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class InvitationMade(Event):
    """Somebody was invited to make an account."""

    type: ClassVar[str] = "invitation.made"


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event):
    """An invited person made their account."""

    type: ClassVar[str] = "invitation.accepted"


@dataclass(frozen=True, kw_only=True)
class InvitationRevoked(Event):
    """An invitation was taken back, or replaced by a newer one to the same address."""

    type: ClassVar[str] = "invitation.revoked"
