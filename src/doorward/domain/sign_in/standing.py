"""The account as policy sees it, read fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from doorward.domain.credentials.keep import methods_of
from doorward.domain.methods.method import Methods
from doorward.domain.roles.holders import roles_of
from doorward.domain.sign_in.policy import Rules, SecondFactor, Standing, strictest
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx

if TYPE_CHECKING:
    from doorward.domain.sign_in.attempts import Attempt


async def enrolled_by(tx: Tx, user_id: UUID | None) -> frozenset[str]:
    """The methods that a user has credentials of."""
    return frozenset(await methods_of(tx, user_id)) if user_id is not None else frozenset()


def rules(_tx: Tx) -> Rules:
    """What the operator set."""
    return Rules()


async def standing_of(tx: Tx, user: UserRow, attempt: Attempt) -> Standing:
    """How an account stands at this moment, for this sign-in."""
    methods = [method for method in tx.tools.hold(Methods).all if "second" in method.stages]
    enrolled = await enrolled_by(tx, user.id)
    return Standing(
        second_factor=await _second_factor_for(tx, user.id),
        turned_on=any(method.turns_on and method.name in enrolled for method in methods),
        usable=frozenset(method.name for method in methods if method.name in enrolled),
        email_verified=user.email_verified,
        must_change_password=bool(attempt.memory.get("password", {}).get("must_change")),
    )


async def _second_factor_for(tx: Tx, user_id: UUID) -> SecondFactor:
    settings = tx.section(SignInSettings)
    if not settings.second_factor_by_role:
        return settings.second_factor
    named = [settings.second_factor_by_role.get(role.name) for role in await roles_of(tx, user_id)]
    given = [choice for choice in named if choice is not None]
    return strictest(given) if given else settings.second_factor
