"""Verification as a stage of signing in, where the operator requires it: the same mail, answered by its code or its link.

And as the last stage of signing up where known addresses are hidden: then there is no account before the code is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from doorward.domain.methods.mailed.answer import shown
from doorward.domain.methods.method import Answers, Factor, Occasion, Prompt, Stage
from doorward.domain.one_time.values import Value, spend
from doorward.domain.users.emails import primary_address
from doorward.domain.verification.ask import VERIFY, start_verification
from doorward.domain.verification.confirm import confirm_value
from doorward.domain.verification.newcomer import NewcomerProof, prove_newcomer, start_newcomer
from doorward.domain.verification.settings import VerificationSettings
from doorward.infra.database.unit_of_work import Tx

NAME: Final = "email_verification"


@dataclass(frozen=True, slots=True)
class VerificationProof:
    """That the address is theirs. value: what showed it; None where the link did so elsewhere."""

    user_id: UUID
    value: Value | None
    method: str = NAME
    amr: tuple[str, ...] = ()
    # It says to whom the address belongs, not who is signing in.
    factors: frozenset[Factor] = frozenset()
    credential_id: UUID | None = None

    async def keep(self, tx: Tx) -> bool:
        """Marks the address as verified."""
        if self.value is not None:
            return await spend(tx, self.value) and await confirm_value(tx, self.value)
        row = await primary_address(tx, self.user_id)
        return row is not None and row.verified_at is not None


class EmailVerificationMethod:
    """Asks for the code of a mail to the primary address."""

    name = NAME
    stages: frozenset[Stage] = frozenset({"verify-email"})
    starts = True
    guessable = True
    turns_on = False
    answers = frozenset({NAME})

    async def is_offered(self, _tx: Tx, _occasion: Occasion, _enrolled: frozenset[str]) -> bool:
        """Always, at its stage."""
        return True

    async def start(self, tx: Tx, occasion: Occasion) -> None:
        """Has the mail sent."""
        if occasion.user_id is None:
            await start_newcomer(tx, occasion.memory)
            return
        row = await primary_address(tx, occasion.user_id)
        if row is not None:
            occasion.memory["value"] = (await start_verification(tx, row)).hex

    async def prompts(self, _tx: Tx, _occasion: Occasion) -> tuple[Prompt, ...]:
        """The code; an empty answer where the link was opened instead."""
        return (Prompt(NAME, "code", NAME, "Code from the mail that confirms your address"),)

    async def prove(self, tx: Tx, occasion: Occasion, answers: Answers) -> VerificationProof | NewcomerProof | None:
        """A proof if the code is right, or the address was verified by the link meanwhile."""
        value_id, code = occasion.memory.get("value"), answers.get(NAME)
        if occasion.user_id is None:
            known = value_id is not None and isinstance(code, str)
            return await prove_newcomer(tx, occasion.memory, str(code), method=NAME) if known else None
        row = await primary_address(tx, occasion.user_id)
        if row is not None and row.verified_at is not None:
            return VerificationProof(occasion.user_id, None)
        if value_id is None or not isinstance(code, str):
            return None
        most = tx.section(VerificationSettings).tries
        value = await shown(tx, VERIFY, UUID(hex=value_id), code, most=most)
        return None if value is None else VerificationProof(occasion.user_id, value)
