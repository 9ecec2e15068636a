"""The account as policy sees it, read fresh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from doorward.domain.access.account import Account
from doorward.domain.credentials.keep import methods_of
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.methods.mailed.method import MailedMethod
from doorward.domain.methods.method import Methods
from doorward.domain.risk.devices import is_trusted
from doorward.domain.roles.holders import roles_of
from doorward.domain.sign_in.policy import Rules, Standing
from doorward.domain.sign_in.settings import SignInSettings
from doorward.domain.users.sign_in_settings import SecondFactor, strictest
from doorward.domain.users.sign_up_settings import SignUpSettings
from doorward.infra.database.unit_of_work import Tx

if TYPE_CHECKING:
    from doorward.domain.sign_in.attempts import Attempt


async def enrolled_by(tx: Tx, user_id: UUID | None) -> frozenset[str]:
    """The methods that a user has credentials of."""
    return frozenset(await methods_of(tx, user_id)) if user_id is not None else frozenset()


def rules(tx: Tx) -> Rules:
    """What the operator set."""
    # Where no mail leaves, nobody could ever answer what it asks.
    mail_works = tx.tools.mailer is not None
    return Rules(
        verify_email=tx.section(SignUpSettings).verify_email if mail_works else "off",
        mailbox_may_be_second=mail_works and bool(_mailed_second(tx)),
        at_least_two=at_least_two(tx),
    )


def at_least_two(tx: Tx) -> bool:
    """Whether who has one authenticator needs another by now."""
    settings = tx.section(SignInSettings)
    since = settings.at_least_two_from
    return settings.at_least_two and (since is None or tx.now.date() >= since)


def factors_of(tx: Tx, rows: Sequence[CredentialRow]) -> list[CredentialRow]:
    """Those of somebody's credentials that are second factors: apps, passkeys, recovery codes."""
    return [row for row in rows if _is_factor(tx, row.method)]


def _is_factor(tx: Tx, name: str) -> bool:
    method = tx.tools.hold(Methods).named(name)
    return method is not None and {"second", "enroll"} <= method.stages


def _mailed_second(tx: Tx) -> frozenset[str]:
    """The methods by mail that the operator allows as a second step."""
    mailed = [method for method in tx.tools.hold(Methods).all if isinstance(method, MailedMethod)]
    return frozenset(method.name for method in mailed if method.settings(tx).mode in {"second", "both"})


async def standing_of(tx: Tx, account: Account, attempt: Attempt) -> Standing:
    """How an account stands, for this sign-in. account: read just now."""
    user = account.user
    methods = [method for method in tx.tools.hold(Methods).all if "second" in method.stages]
    enrolled = frozenset(account.methods)
    turned_on = any(method.turns_on and method.name in enrolled for method in methods)
    usable = frozenset(method.name for method in methods if method.name in enrolled)
    if tx.tools.mailer is not None and user.email_verified and not turned_on:
        usable |= _mailed_second(tx)
    return Standing(
        second_factor=await second_factor_for(tx, user.id),
        turned_on=turned_on,
        usable=usable,
        # What is proved at that stage is one that is being set up.
        authenticators=sum(_is_factor(tx, name) for name in account.methods) + (attempt.stage == "enroll"),
        trusted_device=await is_trusted(tx, user.id, attempt.device_id),
        email_verified=user.email_verified,
        must_change_password=bool(attempt.memory.get("password", {}).get("must_change")),
    )


async def second_factor_for(tx: Tx, user_id: UUID) -> SecondFactor:
    """What the rules ask of a user, by the strictest of their roles."""
    settings = tx.section(SignInSettings)
    if not settings.second_factor_by_role:
        return settings.second_factor
    named = [settings.second_factor_by_role.get(role.name) for role in await roles_of(tx, user_id)]
    given = [choice for choice in named if choice is not None]
    return strictest(given) if given else settings.second_factor
