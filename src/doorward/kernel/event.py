"""Facts worth keeping for ever: each is a class with typed fields, and the audit log is nothing but their instances.

No field may hold a secret. A field that holds personal data (a name, an address, an IP address, a device) is marked
with `personal()` and stored apart, so that erasing a person leaves the log whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar
from uuid import UUID


def personal(**options: Any) -> Any:
    """A field of an event that holds personal data."""
    return field(metadata={"personal": True}, **options)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A thing that happened. The class's docstring is its description in the documentation.

    type: `noun.verb` in the past tense, stable for ever. user_id: whose account it concerns, if anyone's.
    target: the public id of what was acted on when that is not the user, such as a session or a role.
    """

    type: ClassVar[str] = "event"
    # Whether address and user agent are kept with it; not where another record of the same thing has them already.
    traced: ClassVar[bool] = True
    # Metrics count events by type. By `method` and `reason` as well where the class names the fields that hold these; only
    # for fields with few possible values, and none that a person wrote.
    counted: ClassVar[Mapping[str, str]] = {}

    user_id: UUID | None = None
    target: str | None = None

    def data(self) -> dict[str, object]:
        """The fields that stay for ever."""
        return {name: getattr(self, name) for name in field_names(type(self), is_personal=False)}  # type: ignore[arg-type]  # it takes the instances' hash for the class's

    def personal_data(self) -> dict[str, object]:
        """The fields that go when the person is erased."""
        named = ((name, getattr(self, name)) for name in field_names(type(self), is_personal=True))  # type: ignore[arg-type]  # as above
        return {name: value for name, value in named if value is not None}


@cache
def field_names(event: type[Event], *, is_personal: bool) -> tuple[str, ...]:
    """The fields of an event's class of one sort, found once: imports record events by the hundred thousand."""
    return tuple(
        each.name
        for each in fields(event)
        if each.name not in {"user_id", "target"} and bool(each.metadata.get("personal")) is is_personal
    )
