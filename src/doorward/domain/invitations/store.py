"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from doorward.domain.invitations.tables import invitations
from doorward.infra.database.statement import Command, Query


class InvitationRow(NamedTuple):
    """An invitation."""

    id: UUID
    address: str
    address_key: str
    roles: Any
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime


_columns = tuple(invitations.c[name] for name in InvitationRow._fields)
_open = (invitations.c.accepted_at.is_(None), invitations.c.revoked_at.is_(None))

INSERT: Final = Command(insert(invitations).values({column: bindparam(column.name) for column in invitations.columns}))
FIND_OPEN: Final = Query(
    select(*_columns).where(invitations.c.id == bindparam("id"), *_open, invitations.c.expires_at > bindparam("now")),
    InvitationRow,
)
ACCEPT: Final = Command(
    update(invitations).where(invitations.c.id == bindparam("id"), *_open).values(accepted_at=bindparam("now"))
)
REVOKE: Final = Query(
    update(invitations)
    .where(invitations.c.id == bindparam("id"), *_open)
    .values(revoked_at=bindparam("now"))
    .returning(invitations.c.id),
    tuple[UUID],
)
REVOKE_ADDRESS: Final = Query(
    update(invitations)
    .where(invitations.c.address_key == bindparam("key"), *_open)
    .values(revoked_at=bindparam("now"))
    .returning(invitations.c.id),
    tuple[UUID],
)
_old = select(invitations.c.id).where(invitations.c.expires_at < bindparam("before")).limit(bindparam("most"))
FORGET: Final = Command(delete(invitations).where(invitations.c.id.in_(_old)))


@cache
def page(*, after: bool) -> Query[InvitationRow]:
    """A page of open invitations, newest first. Places: `now`, `limit`, and `after_id` to start after a row."""
    statement = (
        select(*_columns)
        .where(*_open, invitations.c.expires_at > bindparam("now"))
        .order_by(invitations.c.id.desc())
        .limit(bindparam("limit"))
    )
    if after:
        statement = statement.where(invitations.c.id < bindparam("after_id"))
    return Query(statement, InvitationRow)
