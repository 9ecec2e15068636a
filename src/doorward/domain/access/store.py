"""Session, account and permissions in one round trip; and account and credentials in one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, literal_column, or_, select

from doorward.domain.credentials.store import CredentialRow
from doorward.domain.credentials.tables import credentials
from doorward.domain.risk.device_store import same_place
from doorward.domain.risk.tables import devices
from doorward.domain.roles.tables import role_permissions, user_roles
from doorward.domain.sessions.store import ROTATION_COLUMNS, RotationRow, rotation
from doorward.domain.sessions.tables import sessions
from doorward.domain.users.store import USER_COLUMNS, UserRow
from doorward.domain.users.tables import user_emails, users
from doorward.infra.database.dialect import joined_texts
from doorward.infra.database.statement import Query

_SESSION_FIELDS: Final = ("id", "kind", "authenticated_at", "last_used_at", "expires_at", "ended_at")


class AccessRow(NamedTuple):
    """What every request needs to know of who is asking. The columns of the user follow as they stand in UserRow."""

    session_id: UUID
    session_kind: str
    authenticated_at: datetime
    last_used_at: datetime
    session_expires_at: datetime
    session_ended_at: datetime | None
    permissions: str | None
    user: UserRow


_permissions = (
    select(joined_texts(role_permissions.c.permission))
    .join(user_roles, user_roles.c.role_id == role_permissions.c.role_id)
    .where(user_roles.c.user_id == users.c.id)
    .correlate(users)
    .scalar_subquery()
)
_FIRST_OF_USER: Final = len(_SESSION_FIELDS) + 1


def _access_row(*columns: Any) -> AccessRow:
    return AccessRow._make((*columns[:_FIRST_OF_USER], UserRow._make(columns[_FIRST_OF_USER:])))


_joined = (
    select(*(sessions.c[name].label(f"session_{name}") for name in _SESSION_FIELDS), _permissions, *USER_COLUMNS)
    .select_from(sessions)
    .join(users, users.c.id == sessions.c.user_id)
)

BY_SESSION: Final = Query(_joined.where(sessions.c.id == bindparam("session_id")), AccessRow, make=_access_row)
BY_COOKIE: Final = Query(
    # Written out, so that the planner sees that the index of cookies serves.
    _joined.where(sessions.c.secret_hash == bindparam("secret_hash"), sessions.c.kind == literal_column("'cookie'")),
    AccessRow,
    make=_access_row,
)


# `users.gate.is_usable` as a condition.
_usable = or_(
    users.c.status == "active", and_(users.c.status == "suspended", users.c.suspended_until <= bindparam("now"))
)
# Looks and changes in one round trip. The account as it is at that moment; who suspends it ends its sessions too, and
# ending a session and rotating it exclude each other by its row.
ROTATE: Final = rotation(exists().where(users.c.id == sessions.c.user_id, _usable))


class RefreshingRow(NamedTuple):
    """A session whose token could not be exchanged, and the state of its account."""

    session: RotationRow
    status: str
    suspended_until: datetime | None


def _refreshing_row(*columns: Any) -> RefreshingRow:
    return RefreshingRow(RotationRow._make(columns[:-2]), *columns[-2:])


REFRESHING: Final = Query(
    select(*ROTATION_COLUMNS, users.c.status, users.c.suspended_until)
    .select_from(sessions)
    .join(users, users.c.id == sessions.c.user_id)
    .where(sessions.c.id == bindparam("id"), sessions.c.kind == "token"),
    RefreshingRow,
    make=_refreshing_row,
)


class AccountRow(NamedTuple):
    """An account and the methods of its credentials, one for each, separated by spaces."""

    user: UserRow
    methods: str | None
    device_id: UUID | None


def _account_row(*columns: Any) -> AccountRow:
    return AccountRow(UserRow._make(columns[:-2]), *columns[-2:])


_methods = (
    select(joined_texts(credentials.c.method))
    .where(credentials.c.user_id == users.c.id)
    .correlate(users)
    .scalar_subquery()
)
_device = (
    select(devices.c.id).where(*same_place(users.c.id)).correlate(users).limit(literal_column("1")).scalar_subquery()
)
ACCOUNT: Final = Query(
    select(*USER_COLUMNS, _methods, _device).where(users.c.id == bindparam("id")), AccountRow, make=_account_row
)

_ACCOUNT_FIELDS: Final = len(USER_COLUMNS) + 2


class FoundRow(NamedTuple):
    """An account, and its credential of one method, if there is one."""

    account: AccountRow
    credential: CredentialRow | None


def _found_row(*columns: Any) -> FoundRow:
    # All of a credential's columns are empty where there is none.
    credential = columns[_ACCOUNT_FIELDS:]
    return FoundRow(
        _account_row(*columns[:_ACCOUNT_FIELDS]), None if credential[0] is None else CredentialRow._make(credential)
    )


_of_method = credentials.alias()
_account_and_credential = select(*USER_COLUMNS, _methods, _device, *_of_method.columns)
_credential_of_user = and_(_of_method.c.user_id == users.c.id, _of_method.c.method == bindparam("method"))
BY_USERNAME: Final = Query(
    _account_and_credential.select_from(users)
    .outerjoin(_of_method, _credential_of_user)
    .where(users.c.username_key == bindparam("key")),
    FoundRow,
    make=_found_row,
)
BY_EMAIL: Final = Query(
    _account_and_credential.select_from(users)
    .join(user_emails, user_emails.c.user_id == users.c.id)
    .outerjoin(_of_method, _credential_of_user)
    .where(user_emails.c.address_key == bindparam("key")),
    FoundRow,
    make=_found_row,
)
