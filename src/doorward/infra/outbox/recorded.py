"""A change and the event that records it, in one statement where the database can do that.

A transaction of one change is five round trips otherwise: look, begin, change, record, commit.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Update, bindparam, insert, select

from doorward.infra.database.statement import Query
from doorward.infra.outbox.tables import events

Row = TypeVar("Row", bound=tuple[Any, ...])

# The names of the event's values, kept apart from those of the change.
PREFIX = "event_"


class Recorded(Query[Row]):
    """An update that answers the row it changed. together: the same update, with the event written if it found its row.

    user: the column of that row which says whom the event concerns. See `Tx.change_once`, which chooses between them.
    """

    def __init__(self, statement: Update, row: type[Row], *, user: str) -> None:
        super().__init__(statement, row)
        self.user = user
        changed = statement.cte("changed")
        values = select(
            *(
                changed.c[user] if column.name == "user_id" else bindparam(PREFIX + column.name, type_=column.type)
                for column in events.columns
            )
        )
        recorded = insert(events).from_select([column.name for column in events.columns], values.select_from(changed))
        self.together: Query[Row] = Query(select(changed).add_cte(recorded.cte("recorded")), row)
