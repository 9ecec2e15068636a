"""Change a user: as an administrator, or one's own account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from doorward.domain.users import store
from doorward.domain.users.administrators import require_rank
from doorward.domain.users.events import UserUpdated
from doorward.domain.users.find import require_version
from doorward.domain.users.permissions import WRITE_ME, WRITE_USERS
from doorward.domain.users.problems import UserNotFound
from doorward.domain.users.profile import check_profile
from doorward.domain.users.settings import UsersSettings
from doorward.domain.users.store import UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.permission import require
from doorward.kernel.text import collecting

OWN_FIELDS: Final = frozenset({"username", "name", "locale", "time_zone", "picture_url"})
ADMINISTRATION_FIELDS: Final = OWN_FIELDS | {"public_metadata", "admin_metadata", "external_id"}


async def update_user(tx: Tx, user_id: UUID, fields: Mapping[str, Any], *, version: int | None = None) -> UserRow:
    """Changes the given fields of any user. version: of the row that the caller read, if it must still be that one.

    Raises UserNotFound, PreconditionFailed, UsernameTaken, ExternalIdTaken, or InvalidInput.
    """
    require(tx.actor, WRITE_USERS)
    await require_rank(tx, user_id)
    return await _change(tx, user_id, fields, version)


async def update_me(tx: Tx, fields: Mapping[str, Any], *, version: int | None = None) -> UserRow:
    """Changes the given fields of one's own account. Raises what `update_user` raises."""
    require(tx.actor, WRITE_ME)
    if tx.actor.user_id is None or not fields.keys() <= OWN_FIELDS:
        raise UserNotFound
    return await _change(tx, tx.actor.user_id, fields, version)


async def _change(tx: Tx, user_id: UUID, fields: Mapping[str, Any], version: int | None) -> UserRow:
    with collecting() as errors:
        columns = check_profile(fields, tx.section(UsersSettings), errors)
    user = await tx.db.first(store.LOCK, id=user_id)
    if user is None:
        raise UserNotFound
    require_version(user, version)
    changed = {name: columns[name] for name in fields if getattr(user, name) != columns[name]}
    if not changed:
        return user
    named = tuple(sorted(changed))
    # What is stored beside a text for comparing it changes with it.
    changed |= {key: columns[key] for key in ("username_key", "name_key") if key.removesuffix("_key") in changed}
    changed["updated_at"] = tx.now
    row = await tx.db.first(store.change(*sorted(changed)), id=user_id, **changed)
    if row is None:
        raise UserNotFound
    tx.emit(UserUpdated(user_id=user_id, fields=named))
    return row
