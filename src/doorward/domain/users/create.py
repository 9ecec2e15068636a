"""Put a new user into the database. Who may do so, the slices above decide (`sign_up`, `setup`, `transfer`)."""

from __future__ import annotations

from uuid import UUID

from doorward.domain.users import store
from doorward.domain.users.events import UserCreated
from doorward.domain.users.profile import NewUser
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import new_id
from doorward.kernel.text import fold


def new_row(tx: Tx, user: NewUser, *, user_id: UUID | None = None) -> UserRow:
    """The row that a new user becomes. user_id: if it is settled already."""
    return UserRow(
        id=user_id or new_id(),
        external_id=user.external_id,
        username=user.username.display if user.username else None,
        email=user.email.display,
        email_verified=user.email_verified,
        name=user.name,
        locale=user.locale,
        time_zone=user.time_zone,
        picture_url=user.picture_url,
        public_metadata=dict(user.public_metadata or {}),
        admin_metadata=dict(user.admin_metadata or {}),
        status="active",
        status_before_deletion=None,
        suspended_reason=None,
        suspended_until=None,
        deleted_at=None,
        purge_at=None,
        created_at=tx.now,
        updated_at=tx.now,
        last_sign_in_at=None,
        version=1,
    )


async def insert_user(tx: Tx, user: NewUser, *, source: str, user_id: UUID | None = None) -> UserRow:
    """Inserts a user with the primary email address. source: `sign-up`, `administrator`, `setup` or `import`.
    user_id: if it is settled already.

    Raises UsernameTaken, EmailTaken or ExternalIdTaken, as the database finds them.
    """
    row = new_row(tx, user, user_id=user_id)
    await tx.db.run(
        store.INSERT,
        **row._asdict(),
        username_key=user.username.key if user.username else None,
        email_key=user.email.key,
        name_key=fold(user.name or ""),
    )
    await tx.db.run(
        store.INSERT_EMAIL,
        id=new_id(),
        user_id=row.id,
        address=user.email.display,
        address_key=user.email.key,
        is_primary=True,
        verified_at=tx.now if user.email_verified else None,
        created_at=tx.now,
    )
    tx.emit(UserCreated(user_id=row.id, source=source, email=row.email, username=row.username))
    return row
