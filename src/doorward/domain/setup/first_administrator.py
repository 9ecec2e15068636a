"""Make the first administrator."""

from __future__ import annotations

from doorward.domain.methods.password.choose import hash_new, personal_words, store_first
from doorward.domain.roles.events import RoleGranted
from doorward.domain.roles.holders import give, lock_administrators
from doorward.domain.roles.rules import ADMIN
from doorward.domain.setup.link import check_link, spend_link
from doorward.domain.setup.problems import SetupLinkInvalid
from doorward.domain.setup.settings import BootstrapAdminSettings
from doorward.domain.users.administrators import has_administrator
from doorward.domain.users.create import insert_user
from doorward.domain.users.profile import check_new_user
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import ROLE, encode


async def set_up(
    tx: Tx, *, secret: str, email: str, password: str, name: str | None = None, username: str | None = None
) -> UserRow:
    """Makes the first administrator for the holder of the setup link. Raises SetupLinkInvalid, InvalidInput or EmailTaken."""
    await check_link(tx, secret)
    return await _make(tx, email=email, password=password, name=name, username=username, secret=secret)


async def bootstrap(tx: Tx) -> UserRow | None:
    """Makes the first administrator that the settings name, while there is none. Raises InvalidInput."""
    settings = tx.section(BootstrapAdminSettings)
    if settings.email is None or settings.password is None or await has_administrator(tx):
        return None
    try:
        return await _make(tx, email=settings.email, password=settings.password.get_secret_value())
    except SetupLinkInvalid:
        return None  # another process was faster


async def _make(
    tx: Tx,
    *,
    email: str,
    password: str,
    name: str | None = None,
    username: str | None = None,
    secret: str | None = None,
) -> UserRow:
    user = check_new_user(
        # Whoever runs the machine vouches for the address.
        {"email": email, "name": name, "username": username, "email_verified": True},
        tx.section(UsersSettings),
    )
    hashed = await hash_new(tx, password, personal=personal_words(user.email.display, username, name))
    # Two who set up at once are put in line; the second finds an administrator.
    await lock_administrators(tx)
    if await has_administrator(tx):
        raise SetupLinkInvalid
    if secret is not None:
        await spend_link(tx, secret)
    row = await insert_user(tx, user, source="setup")
    await store_first(tx, row.id, hashed)
    await give(tx, row.id, ADMIN.id)
    tx.emit(RoleGranted(user_id=row.id, target=encode(ROLE, ADMIN.id), name=ADMIN.name))
    return row
