"""Confirm an address: by the code that was sent there, or by the link."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.methods.mailed.answer import open_mailed
from doorward.domain.one_time.problems import CodeWrong, LinkInvalid
from doorward.domain.one_time.values import Value
from doorward.domain.users.emails import confirm_address
from doorward.domain.verification.ask import VERIFY
from doorward.domain.verification.settings import VerificationSettings
from doorward.infra.database.unit_of_work import Tx


async def answer_verification(tx: Tx, *, attempt: str, code: str) -> None:
    """Confirms an address by its code. Raises CodeWrong or TooManyAttempts."""
    opened = await open_mailed(tx, VERIFY, attempt=attempt, code=code, most=tx.section(VerificationSettings).tries)
    await opened.spend(tx)
    if not await confirm_value(tx, opened.value):
        raise CodeWrong


async def follow_verification(tx: Tx, value: Value) -> None:
    """Confirms an address by its link, which is spent. Raises LinkInvalid when the address is gone."""
    if not await confirm_value(tx, value):
        raise LinkInvalid


async def confirm_value(tx: Tx, value: Value) -> bool:
    """Marks the address of a value as verified; answers no when the account has it no more."""
    if value.user_id is None:
        return False
    return await confirm_address(tx, value.user_id, UUID(hex=value.data["email"])) is not None
