"""Every column that holds something sealed, and the queries about each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, LargeBinary, bindparam, func, literal_column, select, update

from doorward.domain.credentials.keep import SEALED_FOR as CREDENTIAL
from doorward.domain.credentials.tables import credentials
from doorward.domain.keys.ring import SEALED_FOR as SIGNING_KEY
from doorward.domain.keys.tables import signing_keys
from doorward.domain.messages.tables import messages
from doorward.domain.one_time.tables import one_time_values
from doorward.domain.sign_in.tables import sign_in_attempts
from doorward.infra.crypto.sealing import KEY_ID_AT, KEY_ID_BYTES
from doorward.infra.database.statement import Query
from doorward.infra.idempotency import idempotency_keys

_BATCH: Final = 500


def _sealed_with(column: Column[Any]) -> Any:
    # Places in SQL begin at one.
    return func.substr(column, literal_column(str(KEY_ID_AT + 1)), literal_column(str(KEY_ID_BYTES)), type_=LargeBinary)


class Place:
    """A column of sealed values. name: what it holds, in the plural."""

    def __init__(self, name: str, column: Column[Any]) -> None:
        self.name = name
        self.column = column
        with_secret = _sealed_with(column)
        self.count: Query[tuple[bytes, int]] = Query(
            # What was emptied, as a mail is once it is sent, needs no secret.
            select(with_secret, func.count()).where(func.length(column) > literal_column("0")).group_by(with_secret),
            tuple[bytes, int],
            thorough=True,
        )


class LastingPlace(Place):
    """A column whose values stay until somebody changes them.

    purpose: what they are sealed for. first: sorts before every id. context: what a value is bound to, by the id of its row.
    """

    def __init__(
        self, name: str, column: Column[Any], *, purpose: str, first: Any, context: Callable[[Any], bytes]
    ) -> None:
        super().__init__(name, column)
        self.purpose = purpose
        self.first = first
        self.context = context
        (row_id,) = column.table.primary_key.columns
        self.others: Query[tuple[Any, bytes]] = Query(
            select(row_id, column)
            .where(row_id > bindparam("after"), _sealed_with(column) != bindparam("current", type_=LargeBinary))
            .order_by(row_id)
            .limit(literal_column(str(_BATCH))),
            tuple[Any, bytes],
        )
        # Only while it is what was opened: whoever changes the value meanwhile seals with the first secret anyway.
        self.replace: Query[tuple[Any]] = Query(
            update(column.table)
            .where(row_id == bindparam("id"), column == bindparam("present"))
            .values({column.name: bindparam("sealed")})
            .returning(row_id),
            tuple[Any],
            soon=True,
        )


LASTING: Final = (
    LastingPlace(
        "credentials",
        credentials.c.sealed,
        purpose=CREDENTIAL,
        first=UUID(int=0),
        context=lambda credential_id: credential_id.bytes,
    ),
    LastingPlace(
        "signing keys",
        signing_keys.c.private_sealed,
        purpose=SIGNING_KEY,
        first="",
        context=lambda kid: kid.encode(),
    ),
)
# These are forgotten by themselves.
PASSING: Final = (
    Place("sign-ins under way", sign_in_attempts.c.state),
    Place("links and codes", one_time_values.c.sealed),
    Place("mails", messages.c.sealed),
    Place("kept answers", idempotency_keys.c.answer),
)
