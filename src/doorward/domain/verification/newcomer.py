"""Show that an address is yours before there is an account, where known addresses are hidden.

The request costs and answers the same for every address: the job that writes the mail looks whether somebody has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from doorward.domain.messages.send import send
from doorward.domain.methods.mailed.answer import shown
from doorward.domain.methods.mailed.ask import ask_by_mail, asked_for, mail
from doorward.domain.methods.method import Factor
from doorward.domain.one_time.values import Kind, Value, spend
from doorward.domain.users.emails import find_address, is_settled
from doorward.domain.users.find import find_user
from doorward.domain.users.sign_in_settings import SignInSettings
from doorward.domain.users.store import EmailRow
from doorward.domain.verification.settings import VerificationSettings
from doorward.infra.database.unit_of_work import Tx

NEWCOMER: Final = Kind("sign-up-email", "su")
JOB: Final = "verification.mail_newcomer"


@dataclass(frozen=True, slots=True)
class NewcomerProof:
    """That somebody who is about to have an account reads the mail of its address."""

    user_id: UUID
    value: Value
    method: str
    amr: tuple[str, ...] = ()
    factors: frozenset[Factor] = frozenset()
    credential_id: UUID | None = None

    async def keep(self, tx: Tx) -> bool:
        """Uses the code up; the account was made with a verified address. Answers no when another answer was faster."""
        return await spend(tx, self.value)


def memory_of_address(address: str, user_id: UUID, *, locale: str | None = None) -> dict[str, Any]:
    """What the method has to know of somebody who has no account yet. user_id: that the account will have."""
    return {"address": address, "user": user_id.hex, "locale": locale}


async def start_newcomer(tx: Tx, memory: dict[str, Any]) -> None:
    """Has the mail sent, to whoever has the address."""
    value_id = await ask_by_mail(
        tx,
        NEWCOMER,
        JOB,
        user_id=None,
        data={"address": memory["address"], "locale": memory["locale"]},
        # No longer than the sign-up itself, which nothing else could answer.
        seconds=tx.section(SignInSettings).attempt_seconds,
    )
    memory["value"] = value_id.hex


async def prove_newcomer(tx: Tx, memory: Mapping[str, Any], code: str, *, method: str) -> NewcomerProof | None:
    """A proof if the code is that of the mail."""
    most = tx.section(VerificationSettings).tries
    value = await shown(tx, NEWCOMER, UUID(hex=memory["value"]), code, most=most)
    return None if value is None else NewcomerProof(UUID(hex=memory["user"]), value, method)


async def tell_owner(tx: Tx, row: EmailRow) -> None:
    """Tells whoever has an address that they have an account already, which the one who signed up with it is not told."""
    owner = await find_user(tx, row.user_id)
    await send(tx, "sign_up_known", to=row.address, user_id=owner.id, locale=owner.locale, asked_by_anyone=True)


async def mail_newcomer(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Writes the mail: a code to an address that is free, and to any other that there is an account already. A job."""
    value = await asked_for(tx, NEWCOMER, payload)
    if value is None:
        return
    known = await find_address(tx, value.data["address"])
    if known is not None and is_settled(known):
        await tell_owner(tx, known)
        return
    address, locale = value.data["address"], value.data["locale"]
    await mail(tx, NEWCOMER, value, "sign_up_code", to=address, locale=locale, has_link=False)
