"""Put many new users into the database at once, and find which of many are there already. For the slices above.

The database decides what is unique, as for one user: a taken name fails the whole insert, and the caller then goes one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from doorward.domain.users import store
from doorward.domain.users.events import UserCreated
from doorward.domain.users.profile import NewUser
from doorward.domain.users.rules.email_address import EmailAddress
from doorward.domain.users.store import EmailRow, UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import write_alike
from doorward.kernel.ids import new_row_ids
from doorward.kernel.text import fold

_NOTHING: dict[str, Any] = {}


@dataclass(slots=True, kw_only=True)
class NewAccount:
    """A user to be who was one elsewhere before, with everything checked.

    created_at: None means now. more_emails: further addresses, each with whether it is verified.
    """

    id: UUID
    user: NewUser
    status: Literal["active", "suspended"] = "active"
    suspended_reason: str | None = None
    suspended_until: datetime | None = None
    created_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    more_emails: tuple[tuple[EmailAddress, bool], ...] = ()


class NewRows(NamedTuple):
    """New users as rows that lack their ids: plain values, which another process can make.

    users: what follows the id, in the order of the table's columns. emails: whose it is, as the place among the users,
    and what follows both ids.
    """

    users: list[tuple[Any, ...]]
    emails: list[tuple[Any, ...]]


def rows_of(accounts: Sequence[NewAccount], now: datetime) -> NewRows:
    """The rows of new users. now: when they are made, unless they say otherwise."""
    users = []
    emails = []
    for place, account in enumerate(accounts):
        user = account.user
        since = account.created_at or now
        verified_at = now if user.email_verified else None
        users.append(_user_row(account, since, now))
        emails.append((place, user.email.display, user.email.key, True, verified_at, since))
        for email, verified in account.more_emails:
            emails.append((place, email.display, email.key, False, now if verified else None, since))
    return NewRows(users, emails)


async def insert_users(tx: Tx, accounts: Sequence[NewAccount], *, source: str) -> None:
    """Inserts users with their addresses and records one event for each. source: as for `create.insert_user`.

    Raises UsernameTaken, EmailTaken or ExternalIdTaken, as the database finds them, for any one of them.
    """
    await insert_rows(tx, [account.id for account in accounts], rows_of(accounts, tx.now), source=source)


async def insert_rows(tx: Tx, ids: Sequence[UUID], rows: NewRows, *, source: str) -> None:
    """Inserts users from their rows, as `insert_users` does. ids: one for each, which nobody has."""
    await tx.db.insert(store.NEW_USERS, [(user_id, *rest) for user_id, rest in zip(ids, rows.users, strict=True)])
    email_ids = new_row_ids(len(rows.emails))
    await tx.db.insert(
        store.NEW_EMAILS,
        [(email_id, ids[row[0]], *row[1:]) for email_id, row in zip(email_ids, rows.emails, strict=True)],
    )
    await write_alike(
        tx.db,
        tx.actor,
        tx.now,
        UserCreated,
        ids,
        fields={"source": source},
        personal={"email": [row[_EMAIL] for row in rows.users], "username": [row[_USERNAME] for row in rows.users]},
    )


def _user_row(account: NewAccount, since: datetime, now: datetime) -> tuple[Any, ...]:
    user = account.user
    username = user.username
    return (
        user.external_id,
        username.display if username else None,
        username.key if username else None,
        user.email.display,
        user.email.key,
        user.email_verified,
        user.name,
        fold(user.name) if user.name else "",
        user.locale,
        user.time_zone,
        user.picture_url,
        user.public_metadata or _NOTHING,
        user.admin_metadata or _NOTHING,
        account.status,
        None,
        account.suspended_reason,
        account.suspended_until,
        None,
        None,
        since,
        now,
        account.last_sign_in_at,
        1,
    )


_AFTER_ID = store.NEW_USERS.columns[1:]
_EMAIL = _AFTER_ID.index("email")
_USERNAME = _AFTER_ID.index("username")


@dataclass(frozen=True, slots=True)
class Known:
    """Which users of many are there already. Each maps what was asked for to the id of the user who has it."""

    by_id: dict[UUID, UserRow]
    by_external_id: dict[str, UserRow]
    by_email_key: dict[str, UUID]
    by_username_key: dict[str, UUID]


async def find_known(
    tx: Tx, *, ids: list[UUID], external_ids: list[str], email_keys: list[str], username_keys: list[str]
) -> Known:
    """Looks many users up at once, also deleted ones, by all that is unique of them. by_id holds everybody found by address."""
    by_external_id: dict[str, UserRow] = {}
    if external_ids:
        rows = await tx.db.all(store.WITH_EXTERNAL_IDS, external_ids=external_ids)
        by_external_id = {row.external_id: row for row in rows if row.external_id is not None}
    by_username_key: dict[str, UUID] = {}
    if username_keys:
        by_username_key = {key: user_id for user_id, key in await tx.db.all(store.WITH_USERNAMES, keys=username_keys)}
    by_email_key = {row.address_key: row.user_id for row in await tx.db.all(store.WITH_ADDRESSES, keys=email_keys)}
    wanted = [*ids, *by_email_key.values()]
    by_id = {row.id: row for row in await tx.db.all(store.WITH_IDS, ids=wanted)} if wanted else {}
    return Known(by_id, by_external_id, by_email_key, by_username_key)


async def emails_of_many(tx: Tx, user_ids: Sequence[UUID]) -> dict[UUID, list[EmailRow]]:
    """Every address of each of some users, oldest first. The caller has asked for permission."""
    found: dict[UUID, list[EmailRow]] = {}
    for row in await tx.db.all(store.EMAILS_OF, ids=list(user_ids)):
        found.setdefault(row.user_id, []).append(row)
    return found
