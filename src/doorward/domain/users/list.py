"""List users in pages: filtered, sorted or searched, at a cost that does not grow with their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from doorward.domain.roles.manage import find_role
from doorward.domain.roles.rules import MEMBER
from doorward.domain.users import store
from doorward.domain.users.permissions import READ_USERS
from doorward.domain.users.rules.email_address import email_key
from doorward.domain.users.rules.username import username_key
from doorward.domain.users.store import Order, UserRow
from doorward.infra.database.dialect import after_prefix
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.paging import read_cursor, write_cursor
from doorward.kernel.page import Page
from doorward.kernel.permission import require
from doorward.kernel.problem import FieldError, InvalidInput
from doorward.kernel.text import fold

DEFAULT_ORDER: Final[Order] = "-created_at"


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users. search: text that the username, primary email address or name begins with, in any spelling.

    email and username are compared whole, in any spelling. created_after is included, created_before is not.
    """

    status: Literal["active", "suspended", "deleted"] | None = None
    email: str | None = None
    username: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    role: str | None = None
    search: str | None = None


async def list_users(
    tx: Tx,
    which: UserFilter,
    *,
    order: Order | None = None,
    limit: int = 50,
    cursor: str | None = None,
    count: Literal["estimate", "exact"] | None = None,
) -> Page[UserRow]:
    """A page of users. limit: 1 to 200. order: newest first when not given; a search has an order of its own.

    Raises InvalidInput for a cursor of another list or a search with an order, and RoleNotFound.
    """
    require(tx.actor, READ_USERS)
    values = await _values(tx, which)
    listing = _Listing(tx, values, which.search, order, limit)
    rows, next_cursor = await (listing.search(cursor) if which.search is not None else listing.sorted(cursor))
    return Page(rows, next_cursor, None if count is None else await _count(tx, values, which.search, count))


async def _values(tx: Tx, which: UserFilter) -> dict[str, Any]:
    """The values of those filters that are set."""
    values: dict[str, Any] = {}
    if which.status is not None:
        values["status"] = which.status
    if which.email is not None:
        # What cannot be an address has no users; an empty key belongs to nobody.
        values["email"] = email_key(which.email) or ""
    if which.username is not None:
        values["username"] = username_key(which.username)
    if which.created_after is not None:
        values["created_after"] = which.created_after
    if which.created_before is not None:
        values["created_before"] = which.created_before
    if which.role is not None and which.role != MEMBER.name:  # everybody is a member
        values["role"] = (await find_role(tx, which.role)).id
    return values


async def _count(tx: Tx, values: dict[str, Any], search: str | None, how: Literal["estimate", "exact"]) -> int:
    if how == "estimate" and not values and search is None:
        found = await tx.db.first(store.ESTIMATE)
    else:
        # An estimate of a filtered list would be a guess; the filters make exact counts bearable.
        query = store.count(frozenset(values), searching=search is not None)
        found = await tx.db.first(query, **values, **_prefix(search))
    return found.number if found else 0


def _prefix(search: str | None) -> dict[str, str]:
    if search is None:
        return {}
    prefix = fold(search)
    return {"prefix": prefix, "prefix_end": after_prefix(prefix)}


class _Listing:
    """One list, read from where a cursor says."""

    def __init__(self, tx: Tx, values: dict[str, Any], search: str | None, order: Order | None, limit: int) -> None:
        self._tx = tx
        self._values = values
        self._filters = frozenset(values)
        self._search = search
        self._order = order
        self._limit = limit

    def _name(self, order: str) -> str:
        """What is listed, in a form that differs for every other list."""
        written = {name: str(value) for name, value in sorted(self._values.items())}
        return f"users|{order}|{self._search or ''}|{written}"

    async def sorted(self, cursor: str | None) -> tuple[list[UserRow], str | None]:
        """A page in an order."""
        order = self._order or DEFAULT_ORDER
        start: dict[str, Any] = {}
        if cursor is not None:
            position, after_id = read_cursor(self._tx.tools.stamper, self._name(order), cursor)
            start = {"position": _read(order, position), "after_id": UUID(after_id)}
        query = store.page(self._filters, order, after=bool(start))
        rows = await self._tx.db.all(query, **self._values, **start, limit=self._limit + 1)
        if len(rows) <= self._limit:
            return rows, None
        rows = rows[: self._limit]
        position = await self._position(rows[-1], order.removeprefix("-"))
        return rows, write_cursor(self._tx.tools.stamper, self._name(order), [position, str(rows[-1].id)])

    async def search(self, cursor: str | None) -> tuple[list[UserRow], str | None]:
        """A page of what begins with a text: usernames first, then addresses, then names."""
        if self._order is not None:
            raise InvalidInput(
                FieldError("/query/sort", "sort-with-search", "A search has an order of its own. Leave out `sort`.")
            )
        texts: Sequence[str] = store.SEARCHED
        start: dict[str, Any] = {}
        if cursor is not None:
            text, position, after_id = read_cursor(self._tx.tools.stamper, self._name("search"), cursor)
            texts = texts[texts.index(text) :]
            start = {"position": position, "after_id": UUID(after_id)}
        rows: list[UserRow] = []
        last = texts[0]
        for text in texts:
            wanted = self._limit + 1 - len(rows)
            if wanted <= 0:
                break
            query = store.search(self._filters, text, after=bool(start))
            found = await self._tx.db.all(query, **self._values, **_prefix(self._search), **start, limit=wanted)
            if found and len(rows) < self._limit:
                last = text
            rows.extend(found)
            start = {}
        if len(rows) <= self._limit:
            return rows, None
        rows = rows[: self._limit]
        position = await self._position(rows[-1], last)
        return rows, write_cursor(self._tx.tools.stamper, self._name("search"), [last, position, str(rows[-1].id)])

    async def _position(self, row: UserRow, column: str) -> Any:
        """Where a row stands in the order: the text as it is stored folded, the time as it is."""
        if column == "created_at":
            return row.created_at.isoformat()
        keys = await self._tx.db.first(store.KEYS, id=row.id)
        return getattr(keys, column) if keys else ""


def _read(order: str, position: Any) -> Any:
    return datetime.fromisoformat(position) if order.removeprefix("-") == "created_at" else position
