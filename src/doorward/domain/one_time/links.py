"""What links open: each kind says what it takes to follow it, and those that need nothing more are followed here.

Looking at a link never spends it, because mail scanners and previews open every link that they see.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from doorward.domain.one_time.problems import LinkInvalid, LinkNeedsMore
from doorward.domain.one_time.values import Kind, Value, attempt_of, read_link, spend
from doorward.infra.database.unit_of_work import Tx

# confirm: nothing but a yes. new-password: recovery. sign-up: an account. sign-in: the sign-in that asked for it.
Need = Literal["confirm", "new-password", "sign-up", "sign-in"]


@dataclass(frozen=True, slots=True)
class LinkPurpose:
    """One kind of link. follow: what a yes does, after the value was spent; None where it takes more than that."""

    kind: Kind
    needs: Need
    follow: Callable[[Tx, Value], Awaitable[None]] | None = None


class Links:
    """The kinds of links of this installation; held by Tools."""

    def __init__(self) -> None:
        self.all: tuple[LinkPurpose, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkInSight:
    """What an open link is for. attempt: the name to go on by, where it takes more than a yes."""

    purpose: str
    needs: Need
    attempt: str | None
    expires_at: datetime


async def look_at_link(tx: Tx, token: str) -> LinkInSight:
    """What a link is for. Spends nothing. Raises LinkInvalid."""
    purpose, value = await _open(tx, token)
    attempt = attempt_of(tx.tools, purpose.kind, value.id) if purpose.needs == "new-password" else None
    return LinkInSight(purpose.kind.name, purpose.needs, attempt, value.expires_at)


async def follow_link(tx: Tx, token: str) -> str:
    """Follows a link that needs nothing more; answers what it was for. Raises LinkInvalid or LinkNeedsMore."""
    purpose, value = await _open(tx, token)
    if purpose.follow is None:
        raise LinkNeedsMore
    if not await spend(tx, value):
        raise LinkInvalid
    await purpose.follow(tx, value)
    return purpose.kind.name


async def _open(tx: Tx, token: str) -> tuple[LinkPurpose, Value]:
    for purpose in tx.tools.hold(Links).all:
        value = await read_link(tx, purpose.kind, token)
        if value is not None:
            return purpose, value
    raise LinkInvalid
