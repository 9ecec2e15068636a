"""What happens to many users at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doorward.kernel.event import Event


@dataclass(frozen=True, kw_only=True)
class UsersExported(Event):
    """Users were written to a file: how many, in which format, and whether their password hashes went along."""

    type: ClassVar[str] = "users.exported"
    count: int
    format: str
    with_password_hashes: bool
