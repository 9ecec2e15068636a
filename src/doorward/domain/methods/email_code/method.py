"""Prove who you are by a code that was sent to your address.

The value behind it belongs to the sign-in that asked: its code is worth nothing in another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from doorward.domain.messages.send import send
from doorward.domain.methods.email_code.settings import EmailCodeSettings
from doorward.domain.methods.mailed import MailboxProof, is_mailed_offered, reader_of
from doorward.domain.methods.method import Answers, Occasion, Prompt, Stage
from doorward.domain.one_time.values import Kind, code_of, is_code_of, make_value, read_value, take_try, void_values
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.kernel.event import Event

NAME: Final = "email_code"
CODE: Final = Kind("email-code", "ec")
JOB: Final = "email_code.mail"


class EmailCodeMethod:
    """Codes by mail."""

    name = NAME
    stages: frozenset[Stage] = frozenset({"first", "second"})
    starts = True
    guessable = True
    turns_on = False
    answers = frozenset({NAME})

    async def is_offered(self, tx: Tx, occasion: Occasion, enrolled: frozenset[str]) -> bool:
        """Where the operator allows it; as a second step only to who set nothing better up."""
        return is_mailed_offered(tx, tx.section(EmailCodeSettings).mode, occasion, enrolled)

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Has the mail sent, by a job, so that nobody can measure whether there is anybody to send it to."""
        settings = tx.section(EmailCodeSettings)
        value_id = await make_value(
            tx,
            CODE,
            user_id=occasion.user_id,
            data={"attempt": occasion.attempt_id.hex},
            lifetime=timedelta(seconds=settings.seconds),
        )
        occasion.memory["value"] = value_id.hex
        tx.enqueue(Job(JOB, {"value": str(value_id)}))

    async def prompts(self, _tx: Tx, _occasion: Occasion) -> tuple[Prompt, ...]:
        """The code."""
        return (Prompt(NAME, "code", NAME, "Code from the mail"),)

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> MailboxProof | None:
        """A proof if the code is right."""
        value_id, code = occasion.memory.get("value"), answers.get(NAME)
        if value_id is None or not isinstance(code, str):
            return None
        value = await take_try(tx, CODE, UUID(hex=value_id), most=tx.section(EmailCodeSettings).tries)
        if value is None or not is_code_of(tx.tools, CODE, value.id, code) or value.user_id is None:
            return None
        return MailboxProof(value.user_id, NAME, value)


async def mail_code(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Writes the mail with a code, if there is anybody to write to. A job."""
    value = await read_value(tx, CODE, UUID(payload["value"]))
    user = await reader_of(tx, value)
    if value is None or user is None:
        return
    lifetime = value.expires_at - value.created_at
    await send(
        tx,
        "sign_in_code",
        to=user.email,
        user_id=user.id,
        locale=user.locale,
        values={"minutes": str(round(lifetime.total_seconds() / 60))},
        code=code_of(tx.tools, CODE, value.id),
        useful_for=lifetime,
        asked_by_anyone=True,
    )


async def void_codes(tx: Tx, event: Event) -> None:
    """Ends codes that were sent before the password or the address changed."""
    if event.user_id is not None:
        await void_values(tx, event.user_id, [CODE])
