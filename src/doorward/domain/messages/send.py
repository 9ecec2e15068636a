"""Write a message in the caller's transaction; a job sends it after the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from doorward.domain.messages import store
from doorward.domain.messages.settings import MessagesSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.limits.database import take_within
from doorward.infra.limits.rate import Rate
from doorward.infra.outbox.record import Job
from doorward.kernel.ids import new_id
from doorward.kernel.text import fold

DELIVER: Final = "messages.deliver"
SEALED_FOR: Final = "message"
_HOUR: Final = 3600


async def send(
    tx: Tx,
    kind: str,
    *,
    to: str,
    user_id: UUID | None = None,
    locale: str | None = None,
    values: Mapping[str, str] | None = None,
    facts: Sequence[tuple[str, str]] = (),
    link: str | None = None,
    code: str | None = None,
    useful_for: timedelta | None = None,
    asked_by_anyone: bool = False,
) -> bool:
    """Writes a message and queues it; answers whether it did.

    kind: a text of `texts`. to: the address as stored, never as somebody typed it. locale: the reader's, if known. values:
    what stands in the text. facts: pairs of a label's name (of `texts`) and a value, shown as a list. useful_for: how long
    what it holds is of use. asked_by_anyone: a stranger can cause it, so that only some are sent within an hour.
    """
    if tx.tools.mailer is None:
        # Mail is off: nothing would ever come of it.
        return False
    settings = tx.section(MessagesSettings)
    if asked_by_anyone:
        # By address where no account is known: whoever is about to sign up is a stranger's victim no less.
        reader = f"user/{user_id}" if user_id is not None else f"address/{fold(to)}"
        standing = await take_within(tx, f"mail/{kind}/{reader}", Rate(settings.most_per_hour, _HOUR))
        if not standing.allowed:
            return False
    longest = timedelta(hours=settings.retry_hours)
    message_id = new_id()
    content = {
        "to": to,
        "locale": locale,
        "values": dict(values or {}),
        "facts": [list(each) for each in facts],
        "link": link,
        "code": code,
    }
    await tx.db.run(
        store.INSERT,
        id=message_id,
        user_id=user_id,
        kind=kind,
        sealed=tx.tools.sealer.seal(SEALED_FOR, orjson.dumps(content), context=message_id.bytes),
        attempts=0,
        created_at=tx.now,
        useful_until=tx.now + (min(useful_for, longest) if useful_for is not None else longest),
        sent_at=None,
        given_up_at=None,
        failure=None,
    )
    tx.enqueue(delivery(message_id))
    return True


def delivery(message_id: UUID, **options: Any) -> Job:
    """The job that sends a message. options: as `Job` takes them."""
    return Job(DELIVER, {"message": str(message_id)}, key=f"message:{message_id}", **options)
