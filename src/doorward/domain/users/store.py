"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from doorward.domain.credentials.tables import credentials
from doorward.domain.roles.holders import holders
from doorward.domain.users.tables import user_emails, users
from doorward.infra.database.dialect import among, estimated_rows
from doorward.infra.database.statement import Command, Query, Rows


class UserRow(NamedTuple):
    """A user."""

    id: UUID
    external_id: str | None
    username: str | None
    email: str
    email_verified: bool
    name: str | None
    locale: str | None
    time_zone: str | None
    picture_url: str | None
    public_metadata: dict[str, Any]
    admin_metadata: dict[str, Any]
    status: str
    status_before_deletion: str | None
    suspended_reason: str | None
    suspended_until: datetime | None
    deleted_at: datetime | None
    purge_at: datetime | None
    created_at: datetime
    updated_at: datetime
    last_sign_in_at: datetime | None
    version: int


class EmailRow(NamedTuple):
    """An email address of a user."""

    id: UUID
    user_id: UUID
    address: str
    address_key: str
    is_primary: bool
    verified_at: datetime | None
    created_at: datetime


USER_COLUMNS: Final = tuple(users.c[name] for name in UserRow._fields)
_email_columns = tuple(user_emails.c[name] for name in EmailRow._fields)

FIND: Final = Query(select(*USER_COLUMNS).where(users.c.id == bindparam("id")), UserRow)
LOCK: Final = Query(select(*USER_COLUMNS).where(users.c.id == bindparam("id")).with_for_update(), UserRow)
# Holds a row against being erased and against nothing else.
KEEP: Final = Query(
    select(users.c.id).where(users.c.id == bindparam("id")).with_for_update(read=True, key_share=True), tuple[UUID]
)
FIND_BY_USERNAME: Final = Query(select(*USER_COLUMNS).where(users.c.username_key == bindparam("key")), UserRow)
FIND_BY_EXTERNAL_ID: Final = Query(
    select(*USER_COLUMNS).where(users.c.external_id == bindparam("external_id")), UserRow
)
FIND_BY_EMAIL: Final = Query(
    select(*USER_COLUMNS)
    .join(user_emails, user_emails.c.user_id == users.c.id)
    .where(user_emails.c.address_key == bindparam("key")),
    UserRow,
)
INSERT: Final = Command(insert(users).values({column: bindparam(column.name) for column in users.columns}))
INSERT_EMAIL: Final = Command(
    insert(user_emails).values({column: bindparam(column.name) for column in user_emails.columns})
)
NEW_USERS: Final = Rows(users)
NEW_EMAILS: Final = Rows(user_emails)


class AddressRow(NamedTuple):
    """Whose address it is."""

    user_id: UUID
    address_key: str


# For work on many users at a time; their places take lists.
WITH_IDS: Final = Query(select(*USER_COLUMNS).where(among(users.c.id, "ids")), UserRow)
WITH_EXTERNAL_IDS: Final = Query(select(*USER_COLUMNS).where(among(users.c.external_id, "external_ids")), UserRow)
WITH_USERNAMES: Final = Query(
    select(users.c.id, users.c.username_key).where(among(users.c.username_key, "keys")), tuple[UUID, str]
)
WITH_ADDRESSES: Final = Query(
    select(user_emails.c.user_id, user_emails.c.address_key).where(among(user_emails.c.address_key, "keys")), AddressRow
)
EMAILS_OF: Final = Query(
    select(*_email_columns).where(among(user_emails.c.user_id, "ids")).order_by(user_emails.c.id), EmailRow
)
EMAILS: Final = Query(
    select(*_email_columns).where(user_emails.c.user_id == bindparam("user_id")).order_by(user_emails.c.id), EmailRow
)
FIND_EMAIL: Final = Query(
    select(*_email_columns).where(user_emails.c.id == bindparam("id"), user_emails.c.user_id == bindparam("user_id")),
    EmailRow,
)
EMAIL_BY_KEY: Final = Query(select(*_email_columns).where(user_emails.c.address_key == bindparam("key")), EmailRow)
PRIMARY_EMAIL: Final = Query(
    select(*_email_columns).where(user_emails.c.user_id == bindparam("user_id"), user_emails.c.is_primary.is_(True)),
    EmailRow,
)
# An address that nobody showed to be theirs gives way to whoever signs up with it.
RELEASE_EMAIL: Final = Query(
    delete(user_emails)
    .where(
        user_emails.c.address_key == bindparam("key"),
        user_emails.c.is_primary.is_(False),
        user_emails.c.verified_at.is_(None),
    )
    .returning(*_email_columns),
    EmailRow,
)
REMOVE_EMAIL: Final = Command(
    delete(user_emails).where(
        user_emails.c.id == bindparam("id"),
        user_emails.c.user_id == bindparam("user_id"),
        user_emails.c.is_primary.is_(False),
    )
)
VERIFY_EMAIL: Final = Command(
    update(user_emails)
    .where(user_emails.c.id == bindparam("id"), user_emails.c.verified_at.is_(None))
    .values(verified_at=bindparam("now"))
)
UNSET_PRIMARY: Final = Command(
    update(user_emails)
    .where(user_emails.c.user_id == bindparam("user_id"), user_emails.c.is_primary.is_(True))
    .values(is_primary=False)
)
SET_PRIMARY: Final = Command(
    update(user_emails)
    .where(user_emails.c.id == bindparam("id"), user_emails.c.user_id == bindparam("user_id"))
    .values(is_primary=True)
)
ERASE: Final = Command(delete(users).where(users.c.id == bindparam("id")))
DUE_FOR_ERASURE: Final = Query(
    select(users.c.id)
    .where(users.c.purge_at.is_not(None), users.c.purge_at <= bindparam("now"), users.c.status == "deleted")
    .order_by(users.c.purge_at)
    .limit(bindparam("most")),
    tuple[UUID],
)
_credentials = select(func.count()).where(credentials.c.user_id == users.c.id).correlate(users).scalar_subquery()
# The gate of signing in: finds a row only while the account may be used, and holds it until the commit, so that a
# suspension at the same moment comes either before it or ends the session that it lets in. With as many credentials as
# policy judged by: whoever set a second factor up meanwhile is asked for it.
PASS_GATE: Final = Command(
    update(users)
    .where(
        users.c.id == bindparam("id"),
        _credentials == bindparam("credentials"),
        or_(
            users.c.status == "active",
            and_(users.c.status == "suspended", users.c.suspended_until <= bindparam("now")),
        ),
    )
    .values(last_sign_in_at=bindparam("now"))
)
ANOTHER_ACTIVE_HOLDER: Final = Query(
    select(users.c.id)
    .where(
        users.c.id.in_(holders(bindparam("role_id", type_=users.c.id.type))),
        users.c.id != bindparam("user_id"),
        users.c.status == "active",
    )
    .limit(1),
    tuple[UUID],
)


@cache
def change(*columns: str) -> Query[UserRow]:
    """A query that sets some columns of a user, raises the version and answers the row. Places: `id` and the columns."""
    return Query(
        update(users)
        .where(users.c.id == bindparam("id"))
        .values({column: bindparam(column) for column in columns} | {"version": users.c.version + 1})
        .returning(*USER_COLUMNS),
        UserRow,
    )


Order = Literal["created_at", "-created_at", "email", "-email", "username", "-username", "name", "-name"]

_SORTED_BY: Final[dict[str, Column[Any]]] = {
    "created_at": users.c.created_at,
    "email": users.c.email_key,
    "username": users.c.username_key,
    "name": users.c.name_key,
}


def _conditions(filters: frozenset[str]) -> list[ColumnElement[bool]]:
    conditions: dict[str, ColumnElement[bool]] = {
        "status": users.c.status == bindparam("status"),
        "email": users.c.id.in_(select(user_emails.c.user_id).where(user_emails.c.address_key == bindparam("email"))),
        "username": users.c.username_key == bindparam("username"),
        "created_after": users.c.created_at >= bindparam("created_after"),
        "created_before": users.c.created_at < bindparam("created_before"),
        "role": users.c.id.in_(holders(bindparam("role", type_=users.c.id.type))),
    }
    return [conditions[name] for name in sorted(filters)]


@cache
def page(filters: frozenset[str], order: str, *, after: bool) -> Query[UserRow]:
    """A page of users. Places: those of the filters, `limit`, and `position` and `after_id` to start after a row."""
    column = _SORTED_BY[order.removeprefix("-")]
    statement = select(*USER_COLUMNS).where(*_conditions(filters)).limit(bindparam("limit"))
    if order.removeprefix("-") == "username":
        statement = statement.where(users.c.username_key.is_not(None))
    key, place = (
        tuple_(column, users.c.id),
        tuple_(bindparam("position", type_=column.type), bindparam("after_id", type_=users.c.id.type)),
    )
    if order.startswith("-"):
        statement = statement.order_by(column.desc(), users.c.id.desc())
        if after:
            statement = statement.where(key < place)
    else:
        statement = statement.order_by(column, users.c.id)
        if after:
            statement = statement.where(key > place)
    return Query(statement, UserRow)


# A search looks at three texts in turn. Each user appears at the first text that begins with what is searched for.
SEARCHED: Final = ("username", "email", "name")


class KeysRow(NamedTuple):
    """What a user is sorted by."""

    email: str
    username: str | None
    name: str


# Asked once for a page, for its last row; so the lists need not carry the folded texts of every row.
KEYS: Final = Query(
    select(users.c.email_key, users.c.username_key, users.c.name_key).where(users.c.id == bindparam("id")), KeysRow
)


@cache
def search(filters: frozenset[str], text: str, *, after: bool) -> Query[UserRow]:
    """A page of users whose text (of SEARCHED) begins with `prefix`. Places: filters, `limit`, `prefix`, `prefix_end`.

    Where it starts after a row also `position` and `after_id`.
    """
    found = {
        name: and_(column >= bindparam("prefix"), column < bindparam("prefix_end"))
        for name, column in (
            ("username", users.c.username_key),
            ("email", users.c.email_key),
            ("name", users.c.name_key),
        )
    }
    column = {"username": users.c.username_key, "email": users.c.email_key, "name": users.c.name_key}[text]
    seen_before = SEARCHED[: SEARCHED.index(text)]
    statement = (
        select(*USER_COLUMNS)
        .where(found[text], *_conditions(filters))
        .order_by(column, users.c.id)
        .limit(bindparam("limit"))
    )
    for name in seen_before:
        # The username can be unknown (NULL), and NOT NULL is not true.
        statement = statement.where(not_(func.coalesce(found[name], literal_column("FALSE"))))
    if after:
        statement = statement.where(
            tuple_(column, users.c.id)
            > tuple_(bindparam("position", type_=column.type), bindparam("after_id", type_=users.c.id.type))
        )
    return Query(statement, UserRow)


class CountRow(NamedTuple):
    """How many there are."""

    number: int


@cache
def count(filters: frozenset[str], *, searching: bool) -> Query[CountRow]:
    """How many users there are exactly. Places: those of the filters, and for a search `prefix` and `prefix_end`."""
    statement = select(func.count()).select_from(users).where(*_conditions(filters))
    if searching:
        statement = statement.where(
            or_(
                *(
                    and_(column >= bindparam("prefix"), column < bindparam("prefix_end"))
                    for column in (users.c.username_key, users.c.email_key, users.c.name_key)
                )
            )
        )
    return Query(statement, CountRow, thorough=True)


ESTIMATE: Final = Query(estimated_rows(users), CountRow)
ANY_ADMINISTRATOR: Final = Query(
    select(users.c.id)
    .where(users.c.id.in_(holders(bindparam("role_id", type_=users.c.id.type))), users.c.status != "deleted")
    .limit(1),
    tuple[UUID],
)
