"""Send a message that waits: a job, which tries again later by itself while the mail server is away."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import orjson
import structlog

from doorward.domain.messages import store
from doorward.domain.messages.links import Issuer
from doorward.domain.messages.render import render
from doorward.domain.messages.send import SEALED_FOR, delivery
from doorward.domain.messages.settings import MessagesSettings
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.mailer.mail import Mail, MailRefused, MailUnavailable
from doorward.infra.mailer.settings import MailSettings
from doorward.infra.outbox.record import Job

PURGE: Final = "messages.purge"
_BATCH: Final = 5000
_FIRST_PAUSE_SECONDS: Final = 4.0
_LONGEST_PAUSE_SECONDS: Final = 900.0

_log = structlog.stdlib.get_logger("doorward.mail")


async def deliver(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Sends one message. A job: it may run twice, and then makes the same message with the same Message-ID."""
    row = await tx.db.first(store.WAITING, id=UUID(payload["message"]))
    if row is None:
        return
    log = _log.bind(kind=row.kind, message_id=str(row.id), attempt=row.attempts + 1)
    mailer = tx.tools.mailer
    failure = "mail is off" if mailer is None else "too late"
    if mailer is None or row.useful_until <= tx.now:
        log.warning("mail given up", reason=failure)
        await tx.db.run(store.GIVEN_UP, id=row.id, now=tx.now, failure=failure)
        return
    mail = _mail(tx, row)
    try:
        async with tx.paused():
            await mailer.send(mail)
    except MailRefused as refused:
        log.warning("mail refused for good", reason=str(refused), code=refused.code)
        await tx.db.run(store.GIVEN_UP, id=row.id, now=tx.now, failure=str(refused))
    except MailUnavailable as unavailable:
        # Here and not by the worker's own retries, which end too soon for an outage of a day.
        pause = min(_FIRST_PAUSE_SECONDS * 2.0**row.attempts, _LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        log.warning("mail waits", reason=str(unavailable), code=unavailable.code, seconds=round(pause))
        await tx.db.run(store.FAILED, id=row.id, failure=str(unavailable))
        tx.enqueue(delivery(row.id, run_at=tx.now + timedelta(seconds=pause)))
    else:
        await tx.db.run(store.SENT, id=row.id, now=tx.now)
        log.info("mail sent")


def _mail(tx: Tx, row: store.MessageRow) -> Mail:
    content = orjson.loads(tx.tools.sealer.open_sealed(SEALED_FOR, row.sealed, context=row.id.bytes))
    settings = tx.section(MailSettings)
    host = urlsplit(tx.tools.hold(Issuer).url).hostname or "localhost"
    rendered = render(
        row.kind,
        locale=content["locale"],
        default_locale=tx.section(MessagesSettings).default_locale,
        service=settings.from_name,
        values=content["values"],
        facts=[(name, value) for name, value in content["facts"]],
        link=content["link"],
        code=content["code"],
    )
    return Mail(
        key=row.id.hex,
        sender_name=settings.from_name,
        sender_address=settings.from_address or f"no-reply@{host}",
        to=content["to"],
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        locale=rendered.locale,
        written_at=row.created_at,
    )


async def purge_messages(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets messages that were sent or given up long ago. A scheduled job."""
    before = tx.now - timedelta(days=tx.section(MessagesSettings).keep_days)
    if await tx.db.run(store.FORGET, before=before, most=_BATCH) == _BATCH:
        tx.enqueue(Job(PURGE, {}, key=PURGE))
