"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from doorward.domain.credentials.tables import credentials
from doorward.infra.database.dialect import among
from doorward.infra.database.statement import Command, Query, Rows


class CredentialRow(NamedTuple):
    """A credential."""

    id: UUID
    user_id: UUID
    method: str
    lookup_key: str | None
    sealed: bytes
    label: str | None
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None


INSERT: Final = Command(insert(credentials).values({column: bindparam(column.name) for column in credentials.columns}))
OF_USER: Final = Query(
    select(*credentials.columns).where(credentials.c.user_id == bindparam("user_id")).order_by(credentials.c.id),
    CredentialRow,
)
OF_METHOD: Final = Query(
    select(*credentials.columns)
    .where(credentials.c.user_id == bindparam("user_id"), credentials.c.method == bindparam("method"))
    .order_by(credentials.c.id),
    CredentialRow,
)
NEW: Final = Rows(credentials)
OF_USERS: Final = Query(
    select(*credentials.columns).where(
        among(credentials.c.user_id, "user_ids"), credentials.c.method == bindparam("method")
    ),
    CredentialRow,
)
# Replaces the data only while it is what the caller read; so a rehash never brings back a password just changed.
REPLACE_SAME: Final = Command(
    update(credentials)
    .where(credentials.c.id == bindparam("id"), credentials.c.sealed == bindparam("present"))
    .values(sealed=bindparam("sealed"), updated_at=bindparam("now"))
)
REPLACE: Final = Command(
    update(credentials)
    .where(credentials.c.id == bindparam("id"))
    .values(sealed=bindparam("sealed"), updated_at=bindparam("now"))
)
# Also the last look before somebody is let in by it: it answers no row once the data was replaced or removed.
USED: Final = Command(
    update(credentials)
    .where(credentials.c.id == bindparam("id"), credentials.c.sealed == bindparam("present"))
    .values(last_used_at=bindparam("now"))
)
METHODS_OF: Final = Query(select(credentials.c.method).where(credentials.c.user_id == bindparam("user_id")), tuple[str])
CHANGED_AT: Final = Query(select(credentials.c.updated_at).where(credentials.c.id == bindparam("id")), tuple[datetime])
FIND_BY_KEY: Final = Query(
    select(*credentials.columns).where(
        credentials.c.method == bindparam("method"), credentials.c.lookup_key == bindparam("lookup_key")
    ),
    CredentialRow,
)
FIND: Final = Query(
    select(*credentials.columns).where(
        credentials.c.id == bindparam("id"), credentials.c.user_id == bindparam("user_id")
    ),
    CredentialRow,
)
# What a use changes (the last step of a code, a counter) is no change of the credential itself.
USED_SO: Final = Command(
    update(credentials)
    .where(credentials.c.id == bindparam("id"), credentials.c.sealed == bindparam("present"))
    .values(sealed=bindparam("sealed"), last_used_at=bindparam("now"))
)
RENAME: Final = Command(
    update(credentials)
    .where(credentials.c.id == bindparam("id"), credentials.c.user_id == bindparam("user_id"))
    .values(label=bindparam("label"))
)
REMOVE: Final = Command(
    delete(credentials).where(credentials.c.id == bindparam("id"), credentials.c.user_id == bindparam("user_id"))
)
REMOVE_METHOD: Final = Command(
    delete(credentials).where(
        credentials.c.user_id == bindparam("user_id"), credentials.c.method == bindparam("method")
    )
)
