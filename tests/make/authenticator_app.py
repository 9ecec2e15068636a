"""Authenticator apps and recovery codes of people in tests."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.methods.recovery_code.codes import hashed, new_codes
from doorward.domain.methods.recovery_code.prove import replace_codes
from doorward.domain.methods.totp.one_time_password import password_of, step_at
from doorward.domain.methods.totp.prove import add_authenticator
from doorward.domain.methods.totp.settings import TotpSettings
from doorward.domain.methods.totp.stored import Authenticator, new_authenticator, read
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator


async def give_app(tools: Tools, user_id: UUID, authenticator: Authenticator | None = None) -> Authenticator:
    """Gives a user an authenticator app."""
    made = authenticator or new_authenticator(tools.section(TotpSettings))
    async with tools.writing(operator()) as tx:
        await add_authenticator(tx, user_id, made)
    return made


async def give_codes(tools: Tools, user_id: UUID) -> tuple[str, ...]:
    """Gives a user recovery codes."""
    codes = new_codes()
    async with tools.writing(operator()) as tx:
        await replace_codes(tx, user_id, hashed(codes))
    return codes


def code_now(tools: Tools, authenticator: Authenticator | str, *, steps: int = 0) -> str:
    """What an app shows at the moment, or some steps of 30 s off. authenticator: or its secret as text."""
    app = read({"secret": authenticator}) if isinstance(authenticator, str) else authenticator
    step = step_at(tools.clock.now().timestamp()) + steps
    return password_of(app.secret, step, digits=app.digits, algorithm=app.algorithm)
