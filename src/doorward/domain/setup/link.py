"""The setup link: a secret that lets its holder make the first administrator, once, within 30 minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.domain.setup import store
from doorward.domain.setup.problems import SetupLinkInvalid
from doorward.domain.users.administrators import has_administrator
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import Permission, require
from doorward.kernel.secret import fingerprint, new_secret

LIFETIME: Final = timedelta(minutes=30)
_SET_UP: Final = Permission("setup:link", "Make a link that makes the first administrator.")


async def new_link(tx: Tx) -> str | None:
    """The secret of a new link, which replaces those that were not used; None when there is an administrator."""
    require(tx.actor, _SET_UP)
    if await has_administrator(tx):
        return None
    await tx.db.run(store.FORGET)
    secret = new_secret()
    await tx.db.run(
        store.INSERT,
        secret_hash=fingerprint(secret),
        created_at=tx.now,
        expires_at=tx.now + LIFETIME,
        spent_at=None,
    )
    return secret


async def check_link(tx: Tx, secret: str) -> None:
    """Raises SetupLinkInvalid unless the link would open. Looking does not spend it: mail scanners and previews look."""
    if (
        await has_administrator(tx)
        or await tx.db.first(store.IS_OPEN, secret_hash=fingerprint(secret), now=tx.now) is None
    ):
        raise SetupLinkInvalid


async def spend_link(tx: Tx, secret: str) -> None:
    """Uses the link up. Raises SetupLinkInvalid when that has happened before."""
    if not await tx.db.run(store.SPEND, secret_hash=fingerprint(secret), now=tx.now):
        raise SetupLinkInvalid


async def void_links(tx: Tx) -> None:
    """Ends the links that were not used."""
    await tx.db.run(store.FORGET)
