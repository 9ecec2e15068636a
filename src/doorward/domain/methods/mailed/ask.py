"""Have something mailed. The request makes a value and queues a job, alike whether or not there is anybody to write to.

So nobody can measure who has an account: what differs between addresses happens in the job.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from doorward.domain.messages.links import link_to
from doorward.domain.messages.send import send
from doorward.domain.methods.mailed.answer import WHOM
from doorward.domain.one_time.values import Kind, Value, code_of, link_of, make_value, read_value
from doorward.domain.users.emails import find_own_address
from doorward.domain.users.find import find_user, identifier_mac
from doorward.domain.users.gate import is_usable
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.store import EmailRow, UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job

# Stands where there is no address, so that what is sealed has one length.
_NOBODY = UUID(int=0)


class Addressed(NamedTuple):
    """Whom a mail goes to."""

    value: Value
    user: UserRow
    row: EmailRow


async def ask_by_mail(
    tx: Tx, kind: Kind, job: str, *, user_id: UUID | None, data: Mapping[str, Any], seconds: int
) -> UUID:
    """Makes a value and queues the job that mails it; answers the value. seconds: how long it works."""
    value_id = await make_value(tx, kind, user_id=user_id, data=data, lifetime=timedelta(seconds=seconds))
    tx.enqueue(Job(job, {"value": str(value_id)}))
    return value_id


def for_address(row: EmailRow | None, counted_for: str) -> dict[str, str]:
    """What is kept with a value that belongs to one address, or to none. counted_for: see `whom`."""
    return {"email": (row.id if row is not None else _NOBODY).hex, WHOM: counted_for}


def whom(tx: Tx, user: UserRow | None, identifier: str) -> str:
    """By what wrong answers are counted: the account whatever it was called, or the identifier where there is none."""
    return str(user.id) if user is not None else identifier_mac(tx, identifier)


async def asked_for(tx: Tx, kind: Kind, payload: Mapping[str, Any]) -> Value | None:
    """The value that a job is to mail, while it is open."""
    return await read_value(tx, kind, UUID(payload["value"]))


async def reader_of(tx: Tx, value: Value) -> UserRow | None:
    """Whose value it is, if the account may be used."""
    if value.user_id is None:
        return None
    try:
        user = await find_user(tx, value.user_id)
    except UserNotFound:
        return None
    return user if is_usable(user.status, user.suspended_until, tx.now) else None


async def addressed(tx: Tx, kind: Kind, payload: Mapping[str, Any]) -> Addressed | None:
    """Whom a job writes to whose value belongs to one address (see `for_address`); None where there is nobody to."""
    value = await asked_for(tx, kind, payload)
    user = None if value is None else await reader_of(tx, value)
    if value is None or user is None:
        return None
    row = await find_own_address(tx, user.id, UUID(hex=value.data["email"]))
    return None if row is None else Addressed(value, user, row)


async def mail(
    tx: Tx,
    kind: Kind,
    value: Value,
    text: str,
    *,
    to: str,
    user_id: UUID | None = None,
    locale: str | None = None,
    has_link: bool = True,
) -> None:
    """Writes the mail of a value. text: of `messages.texts`. to: the address as stored: another spelling may be another
    person's mailbox. has_link: off where only the code is of use.
    """
    lifetime = value.expires_at - value.created_at
    await send(
        tx,
        text,
        to=to,
        user_id=user_id,
        locale=locale,
        values={
            "minutes": str(round(lifetime.total_seconds() / 60)),
            "hours": str(max(1, round(lifetime.total_seconds() / 3600))),
        },
        link=link_to(tx.tools, kind.name, link_of(tx.tools, kind, value.id)) if has_link else None,
        code=code_of(tx.tools, kind, value.id),
        useful_for=lifetime,
        asked_by_anyone=True,
    )
