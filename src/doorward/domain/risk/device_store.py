"""Every query about devices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, case, delete, func, insert, literal_column, null, select, update

from doorward.domain.risk.tables import devices
from doorward.infra.database.statement import Command, Query


class DeviceRow(NamedTuple):
    """A device of a user."""

    id: UUID
    user_id: UUID
    user_agent: str
    address: str
    first_seen_at: datetime
    last_seen_at: datetime
    trusted_until: datetime | None


class OthersRow(NamedTuple):
    """The devices that a user has already. alike: those that look the same and come from the same address."""

    all: int
    alike: int


_seen = tuple(devices.c[name] for name in DeviceRow._fields)
_traits = (devices.c.user_agent == bindparam("user_agent"), devices.c.address == bindparam("address"))
_alike = case((_traits[0] & _traits[1], 1), else_=0)

INSERT: Final = Command(insert(devices).values({column: bindparam(column.name) for column in devices.columns}))
FIND_BY_SECRET: Final = Query(
    select(*_seen).where(devices.c.secret_hash == bindparam("secret_hash"), devices.c.user_id == bindparam("user_id")),
    DeviceRow,
)


def same_place(user_id: ColumnElement[UUID]) -> Sequence[ColumnElement[bool]]:
    """Which device keeps no secret, is a user's, and looks as `user_agent` and `address` say."""
    return (devices.c.user_id == user_id, devices.c.secret_hash.is_(None), *_traits)


FIND_BY_TRAITS: Final = Query(
    select(devices.c.id).where(*same_place(bindparam("user_id"))).limit(literal_column("1")), tuple[UUID]
)
TRUSTED: Final = Query(
    select(devices.c.id).where(
        devices.c.id == bindparam("id"),
        devices.c.user_id == bindparam("user_id"),
        devices.c.trusted_until > bindparam("now"),
    ),
    tuple[UUID],
)
OTHERS: Final = Query(
    select(func.count(), func.coalesce(func.sum(_alike), 0)).where(devices.c.user_id == bindparam("user_id")), OthersRow
)
SEEN: Final = Command(
    update(devices)
    .where(devices.c.id == bindparam("id"))
    .values(last_seen_at=bindparam("now"), user_agent=bindparam("user_agent"), address=bindparam("address"))
)
TRUST: Final = Command(update(devices).where(devices.c.id == bindparam("id")).values(trusted_until=bindparam("until")))
REPLACE_SECRET: Final = Command(
    update(devices).where(devices.c.secret_hash == bindparam("former")).values(secret_hash=bindparam("secret_hash"))
)
OF_USER: Final = Query(
    select(*_seen)
    .where(devices.c.user_id == bindparam("user_id"))
    .order_by(devices.c.last_seen_at.desc(), devices.c.id.desc()),
    DeviceRow,
)
REMOVE: Final = Command(
    delete(devices).where(devices.c.id == bindparam("id"), devices.c.user_id == bindparam("user_id"))
)
DROP_TRUST: Final = Command(
    update(devices)
    .where(devices.c.user_id == bindparam("user_id"), devices.c.trusted_until.is_not(None))
    .values(trusted_until=null())
)
_some_trusted = select(devices.c.id).where(devices.c.trusted_until.is_not(None)).limit(bindparam("most"))
DROP_SOME_TRUST: Final = Command(update(devices).where(devices.c.id.in_(_some_trusted)).values(trusted_until=null()))
DROP_OLDER_TRUST: Final = Command(
    update(devices)
    .where(devices.c.user_id == bindparam("user_id"), devices.c.trusted_until < bindparam("until"))
    .values(trusted_until=null())
)
_over = select(devices.c.id).where(devices.c.last_seen_at < bindparam("before")).limit(bindparam("most"))
FORGET: Final = Command(delete(devices).where(devices.c.id.in_(_over)))
