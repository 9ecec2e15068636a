"""What happens to users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event, personal


@dataclass(frozen=True, kw_only=True)
class UserCreated(Event):
    """An account was made: by signing up, by an administrator, or by an import (`source`)."""

    type: ClassVar[str] = "user.created"
    source: str
    email: str | None = personal(default=None)
    username: str | None = personal(default=None)


@dataclass(frozen=True, kw_only=True)
class UserUpdated(Event):
    """An account was changed. `fields` names what; the values are not kept."""

    type: ClassVar[str] = "user.updated"
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class UserSuspendedEvent(Event):
    """An account was suspended."""

    type: ClassVar[str] = "user.suspended"
    until: str | None = None
    reason: str | None = personal(default=None)


@dataclass(frozen=True, kw_only=True)
class UserReinstated(Event):
    """A suspension was taken back."""

    type: ClassVar[str] = "user.reinstated"


@dataclass(frozen=True, kw_only=True)
class UserDeletedEvent(Event):
    """An account was deleted; it can be restored until `purge_at`."""

    type: ClassVar[str] = "user.deleted"
    purge_at: str


@dataclass(frozen=True, kw_only=True)
class UserRestored(Event):
    """A deleted account was restored."""

    type: ClassVar[str] = "user.restored"


@dataclass(frozen=True, kw_only=True)
class UserErased(Event):
    """An account and all personal data of it were erased for good."""

    type: ClassVar[str] = "user.erased"


@dataclass(frozen=True, kw_only=True)
class EmailAdded(Event):
    """An email address was added to an account. The target is its id."""

    type: ClassVar[str] = "email.added"
    email: str | None = personal(default=None)


@dataclass(frozen=True, kw_only=True)
class EmailRemoved(Event):
    """An email address was removed from an account. The target is its id."""

    type: ClassVar[str] = "email.removed"
    email: str | None = personal(default=None)


@dataclass(frozen=True, kw_only=True)
class EmailVerified(Event):
    """An email address was marked as verified. The target is its id."""

    type: ClassVar[str] = "email.verified"


@dataclass(frozen=True, kw_only=True)
class PrimaryEmailChanged(Event):
    """Another email address became the primary one. The target is its id; `previous` the id of the one before."""

    type: ClassVar[str] = "email.primary_changed"
    previous: str | None = None
