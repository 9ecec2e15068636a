"""Tells people what happened to their accounts: a reaction to events, so that no way of causing one can forget it.

Written in the transaction of the change. Each notice holds a link that locks the account down; a change of the primary
address is told to the former one, with a link that takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from doorward.domain.lockdown.lock_down import LOCKDOWN, UNDO
from doorward.domain.lockdown.settings import LockdownSettings
from doorward.domain.messages.links import link_to
from doorward.domain.messages.send import send
from doorward.domain.one_time.values import link_of, make_value
from doorward.domain.sessions.device import device_name
from doorward.domain.users.emails import addresses_of, find_own_address
from doorward.domain.users.find import find_user
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.store import EmailRow, UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.geoip import place_of
from doorward.kernel.event import Event
from doorward.kernel.ids import EMAIL, decode

# By type of event, the text that tells it.
NOTICES: Final[Mapping[str, str]] = {
    "password.changed": "password_changed",
    "email.added": "email_added",
    "email.removed": "email_removed",
    "factor.added": "factor_added",
    "factor.removed": "factor_removed",
    "recovery_code.used": "recovery_code_used",
    "device.added": "new_device",
}


async def tell(tx: Tx, event: Event) -> None:
    """Writes the notice of an event to every address of the user that could know of it."""
    user = await _to_be_told(tx, event)
    if user is None:
        return
    settings = tx.section(LockdownSettings)
    facts = _facts(tx, event, user.locale)
    for row in await _readers(tx, user, event):
        value_id = await make_value(
            tx,
            LOCKDOWN,
            user_id=user.id,
            data={"email": row.id.hex},
            lifetime=timedelta(days=settings.link_days),
        )
        await send(
            tx,
            NOTICES[event.type],
            to=row.address,
            user_id=user.id,
            locale=user.locale,
            values={name: str(value) for name, value in event.data().items()},
            facts=facts,
            link=link_to(tx.tools, LOCKDOWN.name, link_of(tx.tools, LOCKDOWN, value_id)),
        )


async def tell_former_primary(tx: Tx, event: Event) -> None:
    """Tells the address that was the primary one that it is so no longer, and how to take that back."""
    user = await _to_be_told(tx, event)
    previous: str | None = getattr(event, "previous", None)
    if user is None or previous is None or event.target is None:
        return
    former = await find_own_address(tx, user.id, decode(EMAIL, previous))
    if former is None or former.verified_at is None:
        # Nobody has shown that it was ever the user's.
        return
    days = tx.section(LockdownSettings).undo_days
    value_id = await make_value(
        tx,
        UNDO,
        user_id=user.id,
        data={
            "address": former.address,
            "key": former.address_key,
            "replaced_by": decode(EMAIL, event.target).hex,
        },
        lifetime=timedelta(days=days),
    )
    await send(
        tx,
        "primary_email_changed",
        to=former.address,
        user_id=user.id,
        locale=user.locale,
        values={"days": str(days)},
        facts=_facts(tx, event, user.locale),
        link=link_to(tx.tools, UNDO.name, link_of(tx.tools, UNDO, value_id)),
    )


async def _to_be_told(tx: Tx, event: Event) -> UserRow | None:
    if event.user_id is None or tx.tools.mailer is None or not tx.section(LockdownSettings).notices:
        return None
    try:
        user = await find_user(tx, event.user_id)
    except UserNotFound:
        return None
    # What comes with a new account is no news to whoever makes it.
    return None if user.created_at == tx.now else user


async def _readers(tx: Tx, user: UserRow, event: Event) -> list[EmailRow]:
    """The primary address and verified ones that are not young: an intruder's own would learn what was noticed.

    Not the address that was just added; the one that was just removed is told by the others.
    """
    since = tx.now - timedelta(days=tx.section(LockdownSettings).recent_days)
    added = event.target if event.type == "email.added" else None
    return [
        row
        for row in await addresses_of(tx, user.id)
        if row.is_primary
        or (
            row.verified_at is not None
            and row.created_at <= since
            and (added is None or decode(EMAIL, added) != row.id)
        )
    ]


def _facts(tx: Tx, event: Event, locale: str | None) -> list[tuple[str, str]]:
    facts = [("when", f"{tx.now:%Y-%m-%d %H:%M} UTC")]
    email: Any = event.personal_data().get("email")
    if email is not None:
        facts.append(("email", str(email)))
    told = event.data()
    factor = told.get("method")
    if factor is not None:
        facts.append(("factor", str(factor)))
    if "left" in told:
        facts.append(("left", str(told["left"])))
    origin = tx.actor.origin
    if tx.actor.user_id in {None, event.user_id} and tx.actor.kind != "system":
        # Not of an administrator, whose browser and address are nobody's business.
        if origin.user_agent is not None:
            facts.append(("browser", device_name(origin.user_agent)))
        if origin.address is not None:
            facts.append(("address", origin.address))
            place = place_of(tx.tools, origin.address, locale)
            if place is not None:
                facts.append(("place", place))
    return facts
