"""What the code or the link of a mail opens.

Tries are counted three times: for the value, and through `risk` for the account and for the address the answer comes
from, apart from those at signing in: guessing at mailed codes must not lock anybody out of signing in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from doorward.domain.one_time.problems import CodeWrong, LinkInvalid
from doorward.domain.one_time.values import (
    Kind,
    Value,
    id_in_attempt,
    id_in_link,
    is_code_of,
    read_value,
    spend,
    take_try,
)
from doorward.domain.risk.failures import Guess, Subject, forget_failures, take_guess, was_right, was_wrong
from doorward.infra.database.unit_of_work import Tx

WHOM: Final = "whom"


@dataclass(frozen=True, slots=True)
class Opened:
    """A value whose code or link was shown, still unspent."""

    value: Value
    guess: Guess | None

    async def spend(self, tx: Tx) -> None:
        """Uses it up, and lets what was guessed wrong before be forgotten. Raises CodeWrong when another request was faster."""
        if not await spend(tx, self.value):
            raise CodeWrong
        if self.guess is not None:
            await forget_failures(tx, self.guess.subject)

    async def put_back(self, tx: Tx) -> None:
        """The answer was right, but cannot be used for another reason: it does not count as wrong. In its own transaction."""
        if self.guess is not None:
            async with tx.tools.writing(tx.actor) as giving:
                await was_right(giving, self.guess)


async def open_mailed(
    tx: Tx, kind: Kind, *, attempt: str, code: str | None = None, token: str | None = None, most: int
) -> Opened:
    """The open value behind an attempt's name that a link's token or a code shows. most: tries of the code.

    Before the first change of the transaction. Raises LinkInvalid for a name that is none of ours, CodeWrong or
    TooManyAttempts.
    """
    value_id = id_in_attempt(tx.tools, kind, attempt)
    if value_id is None:
        raise LinkInvalid
    value = await read_value(tx, kind, value_id)
    if value is None:
        raise CodeWrong
    if token is not None:
        if id_in_link(tx.tools, kind, token) != value_id or value.user_id is None:
            raise CodeWrong
        return Opened(value, None)
    guess = await take_guess(tx, subject_of(tx, kind, value))
    tried = await shown(tx, kind, value.id, code or "", most=most)
    if tried is None or tried.user_id is None:
        await was_wrong(tx, guess)
        raise CodeWrong
    return Opened(tried, guess)


async def shown(tx: Tx, kind: Kind, value_id: UUID, text: str, *, most: int, takes_link: bool = False) -> Value | None:
    """The value whose code a text is, at the cost of one of its `most` tries. takes_link: also what its link carries.

    In a transaction of its own, before the first change of the caller's. Who counts guesses by account, the caller decides.
    """
    value = await take_try(tx, kind, value_id, most=most)
    if value is None:
        return None
    is_link = takes_link and id_in_link(tx.tools, kind, text) == value.id
    return value if is_link or is_code_of(tx.tools, kind, value.id, text) else None


def subject_of(tx: Tx, kind: Kind, value: Value) -> Subject:
    """Whom wrong answers are counted for: alike with and without an account, and never for signing in."""
    return Subject(None, f"{kind.name}/{value.data[WHOM]}", tx.actor.origin.address)
