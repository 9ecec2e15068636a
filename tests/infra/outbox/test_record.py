"""Events written many at a time: the same rows as when they are written one by one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from doorward.domain.users.events import UserCreated
from doorward.infra.database.statement import Query
from doorward.infra.outbox.record import write_alike
from doorward.infra.outbox.tables import event_persons, events
from doorward.infra.tools import Tools
from doorward.kernel.actor import Actor, Origin, operator
from doorward.kernel.ids import new_id

pytestmark = pytest.mark.integration

_WRITTEN = Query(
    select(*(column for column in events.columns if column.name != "id"), *list(event_persons.columns)[1:])
    .join(event_persons, event_persons.c.event_id == events.c.id)
    .order_by(events.c.id, event_persons.c.side),
    tuple[Any, ...],
)
_ORIGIN = Origin("192.0.2.1", "Browser/1.0", "req-1")
_SOMEBODY = new_id()


@pytest.mark.parametrize(
    "actor",
    [
        operator(),
        operator(_ORIGIN),
        Actor("anonymous", origin=_ORIGIN),
        Actor("user", _SOMEBODY, new_id(), frozenset({"*"}), origin=_ORIGIN),
        Actor("user", _SOMEBODY),
    ],
    ids=["operator", "operator-from-somewhere", "anonymous", "user-from-somewhere", "user"],
)
async def test_writes_what_single_events_would(tools: Tools, actor: Actor) -> None:
    people: list[tuple[UUID, str | None, str | None]] = [
        (new_id(), "ada@example.com", "ada"), (_SOMEBODY, "bob@example.com", None), (new_id(), None, None),
    ]  # fmt: skip
    async with tools.writing(actor) as tx:
        for user_id, email, username in people:
            tx.emit(UserCreated(user_id=user_id, source="import", email=email, username=username))
        moment = tx.now
    async with tools.writing(actor) as tx:
        single = await tx.db.all(_WRITTEN)
        await write_alike(
            tx.db,
            actor,
            moment,
            UserCreated,
            [user_id for user_id, _, _ in people],
            fields={"source": "import"},
            personal={"email": [email for _, email, _ in people], "username": [username for _, _, username in people]},
        )
        both = await tx.db.all(_WRITTEN)
    assert single
    assert both == single + single


async def test_refuses_fields_that_the_event_does_not_have(tools: Tools) -> None:
    async with tools.writing(operator()) as tx:
        with pytest.raises(TypeError, match="UserCreated"):
            await write_alike(
                tx.db, tx.actor, tx.now, UserCreated, [], fields={"source": "import"}, personal={"email": []}
            )
