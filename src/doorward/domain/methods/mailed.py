"""What rests on a mailbox: values whose code or link went out by mail, and how they are checked.

Tries are counted three times: for the value, and through `risk` for the account and for the address the answer comes
from, apart from those at signing in: guessing at mailed codes must not lock anybody out of signing in.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from doorward.domain.methods.method import Factor, Methods, Occasion
from doorward.domain.one_time.problems import CodeWrong
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
from doorward.domain.users.find import find_user, identifier_mac
from doorward.domain.users.gate import is_usable
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx

WHOM = "whom"


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


def whom(tx: Tx, user: UserRow | None, identifier: str) -> str:
    """By what wrong answers are counted: the account whatever it was called, or the identifier where there is none."""
    return str(user.id) if user is not None else identifier_mac(tx, identifier)


async def open_mailed(
    tx: Tx, kind: Kind, *, attempt: str | None = None, code: str | None = None, token: str | None = None, most: int
) -> Opened:
    """The open value that a link's token or, under an attempt's name, a code shows. most: tries of the code.

    Before the first change of the transaction. Raises CodeWrong or TooManyAttempts.
    """
    if token is not None:
        linked = id_in_link(tx.tools, kind, token)
        if linked is None or (attempt is not None and id_in_attempt(tx.tools, kind, attempt) != linked):
            raise CodeWrong
        value = await read_value(tx, kind, linked)
        if value is None or value.user_id is None:
            raise CodeWrong
        return Opened(value, None)
    value_id = id_in_attempt(tx.tools, kind, attempt or "")
    value = None if value_id is None else await read_value(tx, kind, value_id)
    if value is None:
        raise CodeWrong
    guess = await take_guess(tx, subject_of(tx, kind, value))
    tried = await take_try(tx, kind, value.id, most=most)
    if tried is None or not is_code_of(tx.tools, kind, tried.id, code or "") or tried.user_id is None:
        await was_wrong(tx, guess)
        raise CodeWrong
    return Opened(tried, guess)


def subject_of(tx: Tx, kind: Kind, value: Value) -> Subject:
    """Whom wrong answers are counted for: alike with and without an account, and never for signing in."""
    return Subject(None, f"{kind.name}/{value.data[WHOM]}", tx.actor.origin.address)


def nobody() -> UUID:
    """Stands where there is no address, so that what is sealed has one length."""
    return UUID(int=0)


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


def is_mailed_offered(tx: Tx, mode: str, occasion: Occasion, enrolled: frozenset[str]) -> bool:
    """Whether something by mail serves here. mode: the operator's. enrolled: the methods of the user's credentials."""
    if tx.tools.mailer is None or mode not in {occasion.stage, "both"}:
        return False
    return occasion.stage == "first" or not any(
        method.turns_on and method.name in enrolled for method in tx.tools.hold(Methods).all
    )


async def reader_of(tx: Tx, value: Value | None) -> UserRow | None:
    """Whom the mail of a value goes to: an account that may be used, whose primary address was shown to be theirs."""
    if value is None or value.user_id is None:
        return None
    try:
        user = await find_user(tx, value.user_id)
    except UserNotFound:
        return None
    return user if user.email_verified and is_usable(user.status, user.suspended_until, tx.now) else None
