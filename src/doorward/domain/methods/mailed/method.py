"""A way to sign in by what goes out by mail. It shows who reads a mailbox and is no factor of its own (SP 800-63B section 3.1.3).

The value behind a mail belongs to the sign-in that asked for it: what is mailed is worth nothing in another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from doorward.domain.methods.mailed.answer import shown
from doorward.domain.methods.mailed.ask import ask_by_mail, asked_for, mail, reader_of
from doorward.domain.methods.mailed.settings import MailedSettings
from doorward.domain.methods.method import Answers, Factor, Methods, Occasion, Prompt, Stage
from doorward.domain.one_time.links import LinkPurpose
from doorward.domain.one_time.values import Kind, Value, spend, void_values
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.event import Event
from doorward.kernel.feature import Feature

_STAGES: Final[frozenset[Stage]] = frozenset({"first", "second"})
# Whoever changed one of these may not be who asked for the mail.
_VOID_AFTER: Final = ("password.changed", "email.primary_changed")


@dataclass(frozen=True, slots=True)
class MailboxProof:
    """That somebody reads a user's mail."""

    user_id: UUID
    method: str
    value: Value
    amr: tuple[str, ...] = ("email",)
    factors: frozenset[Factor] = frozenset({"mailbox"})
    credential_id: UUID | None = None

    async def keep(self, tx: Tx) -> bool:
        """Uses the code or link up; answers no when another answer did so first."""
        return await spend(tx, self.value)


class MailedMethod:
    """One such way. text: of the mail, in `messages.texts`. title: of its prompt. has_link: whether a link is in the mail too."""

    stages: frozenset[Stage] = _STAGES
    starts = True
    guessable = True
    turns_on = False

    def __init__(
        self, name: str, kind: Kind, settings: type[MailedSettings], *, text: str, title: str, has_link: bool = False
    ) -> None:
        self.name = name
        self.kind = kind
        self.answers = frozenset({name})
        self.job = f"{name}.mail"
        self._settings = settings
        self._text = text
        self._title = title
        self._has_link = has_link

    def settings(self, tx: Tx) -> MailedSettings:
        """What the operator set."""
        return tx.section(self._settings)

    async def is_offered(self, tx: Tx, occasion: Occasion, enrolled: frozenset[str]) -> bool:
        """Where the operator allows it; as a second step only to who set nothing better up."""
        if tx.tools.mailer is None or self.settings(tx).mode not in {occasion.stage, "both"}:
            return False
        return occasion.stage == "first" or not any(
            method.turns_on and method.name in enrolled for method in tx.tools.hold(Methods).all
        )

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Has the mail sent."""
        value_id = await ask_by_mail(
            tx,
            self.kind,
            self.job,
            user_id=occasion.user_id,
            data={"attempt": occasion.attempt_id.hex},
            seconds=self.settings(tx).seconds,
        )
        occasion.memory["value"] = value_id.hex

    async def prompts(self, _tx: Tx, _occasion: Occasion) -> tuple[Prompt, ...]:
        """What was mailed."""
        return (Prompt(self.name, "code", self.name, self._title),)

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> MailboxProof | None:
        """A proof if it is what was mailed for this sign-in."""
        value_id, given = occasion.memory.get("value"), answers.get(self.name)
        if value_id is None or not isinstance(given, str):
            return None
        most = self.settings(tx).tries
        value = await shown(tx, self.kind, UUID(hex=value_id), given, most=most, takes_link=self._has_link)
        if value is None or value.user_id is None:
            return None
        return MailboxProof(value.user_id, self.name, value)

    async def mail(self, tx: Tx, payload: Mapping[str, Any]) -> None:
        """Writes the mail, if there is anybody to write to: the owner of a verified address. A job."""
        value = await asked_for(tx, self.kind, payload)
        user = None if value is None else await reader_of(tx, value)
        if value is None or user is None or not user.email_verified:
            return
        await mail(
            tx,
            self.kind,
            value,
            self._text,
            to=user.email,
            user_id=user.id,
            locale=user.locale,
            has_link=self._has_link,
        )

    async def void(self, tx: Tx, event: Event) -> None:
        """Ends what was mailed before the password or the address changed."""
        if event.user_id is not None:
            await void_values(tx, event.user_id, [self.kind])

    def feature(self) -> Feature:
        """What it brings."""
        return Feature(
            name=self.name,
            settings={self.name: self._settings},
            jobs={self.job: self.mail},
            method=self,
            reactions=dict.fromkeys(_VOID_AFTER, self.void),
            links=(LinkPurpose(self.kind, "sign-in"),) if self._has_link else (),
        )
