"""See, rename and remove what somebody signs in with, as that user or as an administrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from doorward.domain.access.recent import require_recent
from doorward.domain.credentials.keep import (
    credentials_of,
    find_credential,
    remove_credential,
    rename_credential,
    unseal,
)
from doorward.domain.credentials.problems import CredentialNotFound, CredentialNotRemovable, LastCredential
from doorward.domain.credentials.store import CredentialRow
from doorward.domain.credentials.views import CredentialView, credential_view
from doorward.domain.methods.method import Managed, Methods, Occasion
from doorward.domain.users.administrators import require_rank
from doorward.domain.users.find import find_user, lock_user
from doorward.domain.users.permissions import READ_ME, READ_USERS, WRITE_ME, WRITE_USERS
from doorward.infra.database.unit_of_work import Tx
from doorward.kernel.ids import new_id
from doorward.kernel.permission import Permission, require
from doorward.kernel.text import check_line

_LONGEST_LABEL = 64


async def list_credentials_of(tx: Tx, user_id: UUID) -> list[CredentialView]:
    """What a user signs in with, oldest first. Raises UserNotFound."""
    _may(tx, user_id, READ_ME, READ_USERS)
    await find_user(tx, user_id)
    return [_view(tx, row) for row in await credentials_of(tx, user_id)]


async def show_credential(tx: Tx, user_id: UUID, credential_id: UUID) -> CredentialView:
    """One of them. Raises CredentialNotFound."""
    _may(tx, user_id, READ_ME, READ_USERS)
    return _view(tx, await _find(tx, user_id, credential_id))


async def rename_my_credential(tx: Tx, credential_id: UUID, label: str) -> CredentialView:
    """Gives one of one's own credentials another name. Raises CredentialNotFound, CredentialNotRemovable or InvalidInput."""
    require(tx.actor, WRITE_ME)
    row = await _find(tx, tx.actor.user_id, credential_id)
    method = _managed(tx, row)
    label = check_label(label)
    if not await rename_credential(tx, row.user_id, row.id, label):
        raise CredentialNotFound
    tx.emit(method.renamed(row))
    return _view(tx, row._replace(label=label))


async def remove_credential_of(tx: Tx, user_id: UUID, credential_id: UUID) -> Mapping[str, Any]:
    """Removes a credential, but never the last way to sign in; answers what the client does about it.

    An administrator takes nobody's last second factor in this way either: that would be a factor reset without its delay.
    Raises CredentialNotFound, CredentialNotRemovable, LastCredential, StepUpRequired or Forbidden.
    """
    _may(tx, user_id, WRITE_ME, WRITE_USERS)
    require_recent(tx)
    await require_rank(tx, user_id)
    # One at a time, or two removed at once would each leave the other as the last.
    await lock_user(tx, user_id)
    row = await _find(tx, user_id, credential_id)
    method = _managed(tx, row)
    others = [each for each in await credentials_of(tx, user_id) if each.id != row.id]
    if not await _can_sign_in(tx, user_id, others):
        raise LastCredential("Without it the account could not be signed in to. Set up another way first.")
    if tx.actor.user_id != user_id and not _has_second(tx, others):
        raise LastCredential("It is the only second factor. An administrator resets factors with a reason and a delay.")
    if not await remove_credential(tx, user_id, row.id):
        raise CredentialNotFound
    return await method.removed(tx, row)


def check_label(label: str) -> str:
    """A name for a credential: one line of 1 to 64 characters. Raises InvalidInput."""
    return check_line(label, pointer="/label", max_length=_LONGEST_LABEL)


def _may(tx: Tx, user_id: UUID, own: Permission, others: Permission) -> None:
    require(tx.actor, own if tx.actor.user_id == user_id else others)


async def _find(tx: Tx, user_id: UUID | None, credential_id: UUID) -> CredentialRow:
    row = await find_credential(tx, user_id, credential_id) if user_id is not None else None
    if row is None:
        raise CredentialNotFound
    return row


def _managed(tx: Tx, row: CredentialRow) -> Managed:
    method: object = tx.tools.hold(Methods).named(row.method)
    if not isinstance(method, Managed):
        raise CredentialNotRemovable
    return method


def _view(tx: Tx, row: CredentialRow) -> CredentialView:
    view = credential_view(row)
    method: object = tx.tools.hold(Methods).named(row.method)
    if isinstance(method, Managed):
        view["details"] = method.describe(unseal(tx.tools.sealer, row))
    return view


async def _can_sign_in(tx: Tx, user_id: UUID, left: Sequence[CredentialRow]) -> bool:
    """Whether one of the credentials begins a sign-in, or something that needs none, such as a code by mail."""
    names = {row.method for row in left}
    for method in tx.tools.hold(Methods).all:
        if "first" not in method.stages:
            continue
        if method.name in names:
            return True
        occasion = Occasion(new_id(), user_id, "first")
        if method.starts and await method.is_offered(tx, occasion, frozenset(names)):
            return True
    return False


def _has_second(tx: Tx, left: Sequence[CredentialRow]) -> bool:
    """Whether one of the credentials is a second factor beside a password."""
    methods = tx.tools.hold(Methods)
    found = [methods.named(row.method) for row in left]
    return any(each is not None and "second" in each.stages and "enroll" in each.stages for each in found)
