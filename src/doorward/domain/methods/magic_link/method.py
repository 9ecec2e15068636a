"""Prove who you are by a link that was sent to your address, or by the code in the same mail.

Opening the link does nothing: the page it leads to hands its token to the sign-in that asked, as an answer. In a browser
that did not ask there is no such sign-in, so a forwarded or planted link signs nobody in (login cross-site forgery).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.messages.links import link_to
from doorward.domain.messages.send import send
from doorward.domain.methods.magic_link.settings import MagicLinkSettings
from doorward.domain.methods.mailed import MailboxProof, is_mailed_offered, reader_of
from doorward.domain.methods.method import Answers, Occasion, Prompt, Stage
from doorward.domain.one_time.values import (
    Kind,
    code_of,
    id_in_link,
    is_code_of,
    link_of,
    make_value,
    read_value,
    take_try,
    void_values,
)
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.event import Event

NAME: Final = "magic_link"
LINK: Final = Kind("sign-in", "ml")
JOB: Final = "magic_link.mail"


class MagicLinkMethod:
    """Links by mail."""

    name = NAME
    stages: frozenset[Stage] = frozenset({"first", "second"})
    starts = True
    guessable = True
    turns_on = False
    answers = frozenset({NAME})

    async def is_offered(self, tx: Tx, occasion: Occasion, enrolled: frozenset[str]) -> bool:
        """Where the operator allows it; as a second step only to who set nothing better up."""
        return is_mailed_offered(tx, tx.section(MagicLinkSettings).mode, occasion, enrolled)

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Has the mail sent, by a job, so that nobody can measure whether there is anybody to send it to."""
        value_id = await make_value(
            tx,
            LINK,
            user_id=occasion.user_id,
            data={"attempt": occasion.attempt_id.hex},
            lifetime=timedelta(seconds=tx.section(MagicLinkSettings).seconds),
        )
        occasion.memory["value"] = value_id.hex
        tx.enqueue(Job(JOB, {"value": str(value_id)}))

    async def prompts(self, _tx: Tx, _occasion: Occasion) -> tuple[Prompt, ...]:
        """What the link carries, or the code beside it."""
        return (Prompt(NAME, "code", NAME, "Link or code from the mail"),)

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> MailboxProof | None:
        """A proof if it is the link's token or the code, of the mail that this sign-in had sent."""
        known, given = occasion.memory.get("value"), answers.get(NAME)
        if known is None or not isinstance(given, str):
            return None
        value = await take_try(tx, LINK, UUID(hex=known), most=tx.section(MagicLinkSettings).tries)
        if value is None or value.user_id is None:
            return None
        if id_in_link(tx.tools, LINK, given) != value.id and not is_code_of(tx.tools, LINK, value.id, given):
            return None
        return MailboxProof(value.user_id, NAME, value)


async def mail_link(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Writes the mail with a link, if there is anybody to write to. A job."""
    value = await read_value(tx, LINK, UUID(payload["value"]))
    user = await reader_of(tx, value)
    if value is None or user is None:
        return
    lifetime = value.expires_at - value.created_at
    await send(
        tx,
        "magic_link",
        to=user.email,
        user_id=user.id,
        locale=user.locale,
        values={"minutes": str(round(lifetime.total_seconds() / 60))},
        link=link_to(tx.tools, LINK.name, link_of(tx.tools, LINK, value.id)),
        code=code_of(tx.tools, LINK, value.id),
        useful_for=lifetime,
        asked_by_anyone=True,
    )


async def void_links(tx: Tx, event: Event) -> None:
    """Ends links that were sent before the password or the address changed."""
    if event.user_id is not None:
        await void_values(tx, event.user_id, [LINK])
