"""What happens where guessing is held off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class AccountLocked(Event):
    """So many wrong answers were given for an account that it takes no more of them for a time."""

    type: ClassVar[str] = "account.locked"
    until: str


@dataclass(frozen=True, kw_only=True)
class AccountUnlocked(Event):
    """The wrong answers given for an account were forgotten, or its lock was lifted, by an administrator, a link, recovery or
    a passkey (`by`).
    """

    type: ClassVar[str] = "account.unlocked"
    by: str


@dataclass(frozen=True, kw_only=True)
class DeviceAdded(Event):
    """Somebody signed in from a device that was not known, to an account that has others. The target is the device's id."""

    type: ClassVar[str] = "device.added"


@dataclass(frozen=True, kw_only=True)
class DeviceTrusted(Event):
    """A user chose to be asked for no second factor on a device for some days. The target is the device's id."""

    type: ClassVar[str] = "device.trusted"


@dataclass(frozen=True, kw_only=True)
class DeviceRevoked(Event):
    """A user had one of their devices forgotten. The target is the device's id."""

    type: ClassVar[str] = "device.revoked"
