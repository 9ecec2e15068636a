"""Write users to CSV or JSON Lines, in pages, so that any number of them takes no more memory than one page.

A page shows what is committed at its moment. What is written can be imported again as it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final

import orjson

from doorward.domain.credentials.keep import credentials_of_many, unseal
from doorward.domain.roles.holders import role_names_of
from doorward.domain.transfer.columns import EXPORTED
from doorward.domain.transfer.events import UsersExported
from doorward.domain.transfer.existing import PASSWORD
from doorward.domain.transfer.read import Format
from doorward.domain.users.create_many import emails_of_many
from doorward.domain.users.list import UserFilter, list_users
from doorward.domain.users.store import EmailRow, UserRow
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor
from doorward.kernel.clock import wire
from doorward.kernel.ids import USER, encode
from doorward.kernel.permission import EVERYTHING, Permission, require

_PAGE: Final = 1000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def export_users(
    tools: Tools,
    actor: Actor,
    file: BinaryIO,
    kind: Format,
    which: UserFilter,
    *,
    with_password_hashes: bool = False,
    spreadsheet_safe: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Writes the users of a filter, oldest first, deleted ones only when asked for; answers how many, and records it.

    with_password_hashes: for moving away; only for those who may do everything. spreadsheet_safe: texts that a spreadsheet
    would take for formulas begin with an apostrophe (CSV); such a file is for eyes and not for importing.
    Raises Forbidden, RoleNotFound, or a Problem of the database.
    """
    columns = (*EXPORTED, "password_hash") if with_password_hashes else EXPORTED
    write = _csv_writer(file, columns, safe=spreadsheet_safe) if kind == "csv" else _json_lines_writer(file)
    count = 0
    try:
        cursor: str | None = None
        while True:
            # Whoever moves away wants everything up to this moment.
            async with tools.reading(actor, may_lag=not with_password_hashes) as tx:
                if with_password_hashes:
                    require(tx.actor, Permission(EVERYTHING, ""))
                page = await list_users(tx, which, order="created_at", limit=_PAGE, cursor=cursor)
                shown = [row for row in page.items if row.status != "deleted" or which.status == "deleted"]
                write(await _documents(tx, shown, with_password_hashes=with_password_hashes))
            count += len(shown)
            progress(count)
            cursor = page.next_cursor
            if cursor is None:
                return count
    finally:
        # Also of an export that broke off: what was written is out.
        if count:
            async with tools.writing(actor) as tx:
                tx.emit(UsersExported(count=count, format=kind, with_password_hashes=with_password_hashes))


async def _documents(tx: Tx, rows: Sequence[UserRow], *, with_password_hashes: bool) -> list[dict[str, Any]]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    roles = await role_names_of(tx, ids)
    emails = await emails_of_many(tx, ids)
    documents = [_document(row, roles.get(row.id, []), emails.get(row.id, [])) for row in rows]
    if with_password_hashes:
        sealer = tx.tools.sealer
        hashes = {row.user_id: unseal(sealer, row)["hash"] for row in await credentials_of_many(tx, ids, PASSWORD)}
        for row, document in zip(rows, documents, strict=True):
            document["password_hash"] = hashes.get(row.id)
    return documents


def _document(row: UserRow, roles: list[str], emails: list[EmailRow]) -> dict[str, Any]:
    """A user under the names of the columns."""
    more = [each for each in emails if not each.is_primary]
    return {
        "id": encode(USER, row.id),
        "external_id": row.external_id,
        "email": row.email,
        "email_verified": row.email_verified,
        "more_verified_emails": [each.address for each in more if each.verified_at is not None],
        "more_unverified_emails": [each.address for each in more if each.verified_at is None],
        "username": row.username,
        "name": row.name,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "picture_url": row.picture_url,
        "status": row.status,
        "suspended_reason": row.suspended_reason,
        "suspended_until": row.suspended_until,
        "created_at": row.created_at,
        "last_sign_in_at": row.last_sign_in_at,
        "roles": roles,
        "public_metadata": row.public_metadata,
        "admin_metadata": row.admin_metadata,
    }


Write = Callable[[Sequence[dict[str, Any]]], None]


def _json_lines_writer(file: BinaryIO) -> Write:
    def write(documents: Sequence[dict[str, Any]]) -> None:
        for document in documents:
            said = {name: value for name, value in document.items() if value not in (None, [], {})}
            file.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))

    return write


def _csv_writer(file: BinaryIO, columns: Sequence[str], *, safe: bool) -> Write:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)

    def write(documents: Sequence[dict[str, Any]]) -> None:
        for document in documents:
            cells = [_cell(document[name]) for name in columns]
            if safe:
                cells = ["'" + cell if cell.startswith(_FORMULA) else cell for cell in cells]
            writer.writerow(cells)
        file.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()

    return write


def _cell(value: Any) -> str:
    """A value as text that the import reads as the same value."""
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, datetime):
        return wire(value)
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, dict):
        return orjson.dumps(value).decode() if value else ""
    return str(value)
