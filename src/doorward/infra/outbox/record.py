"""Writes events and jobs with the changes they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert

from doorward.infra.database.dialect import insert_if_absent
from doorward.infra.database.statement import Command, Rows
from doorward.infra.outbox.tables import event_persons, events, jobs
from doorward.kernel.actor import Actor
from doorward.kernel.event import Event, field_names
from doorward.kernel.ids import new_id, new_row_ids

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Db

# From so many on, what it costs to begin a bulk insert pays.
_BULK: Final = 50
# So few are one statement, which is prepared once for each way they come together.
_TOGETHER: Final = 8

INSERT_EVENT: Final = Command(insert(events).values({column: bindparam(column.name) for column in events.columns}))
EVENTS: Final = Rows(events)
PERSONS: Final = Rows(event_persons)
INSERT_PERSON: Final = Command(
    insert(event_persons).values({column: bindparam(column.name) for column in event_persons.columns})
)
INSERT_JOB: Final = Command(insert_if_absent(jobs, "key"))


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be done at least once.

    kind: names the handler. payload: what the handler needs, without secrets. key: at most one job with the same key
    waits at any time. run_at: not before this moment; None means at once.
    """

    kind: str
    payload: Mapping[str, Any]
    key: str | None = None
    run_at: datetime | None = None


def values_with(prefix: str, actor: Actor, now: datetime, event: Event) -> dict[str, Any]:
    """An event's row by prefixed names, for a statement that writes it along. Raises RuntimeError when it speaks of a person."""
    event_id = new_id()
    kind = type(event)
    personal = field_names(kind, is_personal=True)  # type: ignore[arg-type]  # it takes the instances' hash for the class's
    if (kind.traced or personal) and any(_person_rows(event_id, actor, event)):
        raise RuntimeError("what an event says of a person is written by a statement of its own")
    return {prefix + name: value for name, value in _event_row(event_id, actor, now, event).items()}


async def write_events(
    db: Db,
    actor: Actor,
    now: datetime,
    recorded: Sequence[Event],
    also: Sequence[tuple[Command, Mapping[str, Any]]] = (),
    *,
    last: bool = False,
) -> None:
    """Writes events and, apart from them, what they say of a person.

    now: when they happened. also: changes written along. last: nothing comes after them, see `Db.together`.
    """
    if len(recorded) >= _BULK:
        for command, values in also:
            await db.run(command, **values)
        await _write_many(db, actor, now, recorded)
        return
    rows: list[dict[str, Any]] = []
    persons: list[dict[str, Any]] = []
    for event in recorded:
        event_id = new_id()
        rows.append(_event_row(event_id, actor, now, event))
        persons.extend(_person_rows(event_id, actor, event))
    if len(also) + len(rows) + len(persons) <= _TOGETHER:
        changes = [*also, *((INSERT_EVENT, row) for row in rows), *((INSERT_PERSON, row) for row in persons)]
        await db.together(changes, last=last)
        return
    for command, values in also:
        await db.run(command, **values)
    await db.many(INSERT_EVENT, rows)
    await db.many(INSERT_PERSON, persons)


async def _write_many(db: Db, actor: Actor, now: datetime, recorded: Sequence[Event]) -> None:
    """The same, with the values of each row in the order of the table's columns."""
    rows: list[tuple[Any, ...]] = []
    persons: list[tuple[Any, ...]] = []
    who = (actor.kind, actor.user_id, actor.session_id)
    request_id = actor.origin.request_id
    for event in recorded:
        event_id = new_id()
        rows.append((event_id, event.type, now, *who, event.user_id, event.target, request_id, event.data()))
        persons.extend([tuple(row.values()) for row in _person_rows(event_id, actor, event)])
    await db.insert(EVENTS, rows)
    await db.insert(PERSONS, persons)


async def write_alike(
    db: Db,
    actor: Actor,
    now: datetime,
    kind: type[Event],
    user_ids: Sequence[UUID],
    *,
    fields: Mapping[str, object],
    personal: Mapping[str, Sequence[object]],
) -> None:
    """Writes many events of one class that differ only in their person, as `write_events` writes each: imports have no time to
    make an object of every one.

    fields: those that stay for ever, the same in all. personal: by name, a value for each of the users.
    """
    for given, is_personal in ((fields, False), (personal, True)):
        if set(given) != set(field_names(kind, is_personal=is_personal)):  # type: ignore[arg-type]  # it takes the instances' hash for the class's
            raise TypeError(f"these are not the fields of {kind.__name__}")
    ids = new_row_ids(len(user_ids))
    data = dict(fields)
    who = (actor.kind, actor.user_id, actor.session_id)
    request_id = actor.origin.request_id
    await db.insert(
        EVENTS,
        [
            (event_id, kind.type, now, *who, user_id, None, request_id, data)
            for event_id, user_id in zip(ids, user_ids, strict=True)
        ],
    )
    traces = _traces(kind, actor)
    apart = bool(traces) and actor.user_id is not None
    names = tuple(personal)
    said = zip(*personal.values(), strict=True) if personal else [()] * len(ids)
    persons: list[tuple[Any, ...]] = []
    for event_id, user_id, values in zip(ids, user_ids, said, strict=True):
        account = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        if traces and (not apart or actor.user_id == user_id):
            account |= traces
        elif apart:
            persons.append((event_id, "actor", actor.user_id, traces))
        if account:
            persons.append((event_id, "account", user_id, account))
    await db.insert(PERSONS, persons)


def _event_row(event_id: UUID, actor: Actor, now: datetime, event: Event) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": event.type,
        "occurred_at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.user_id,
        "session_id": actor.session_id,
        "user_id": event.user_id,
        "target": event.target,
        "request_id": actor.origin.request_id,
        "data": event.data(),
    }


def _person_rows(event_id: UUID, actor: Actor, event: Event) -> Iterator[dict[str, Any]]:
    """What the event says of persons, each part keyed to the one with whom it must go when they are erased."""
    account = event.personal_data()
    traces = _traces(type(event), actor)
    if actor.user_id is None or actor.user_id == event.user_id:
        account |= traces
        traces = {}
    if account:
        yield {"event_id": event_id, "side": "account", "user_id": event.user_id, "data": account}
    if traces:
        yield {"event_id": event_id, "side": "actor", "user_id": actor.user_id, "data": traces}


def _traces(kind: type[Event], actor: Actor) -> dict[str, object]:
    """Where the actor came from, as far as an event of this class keeps it."""
    traces: dict[str, object] = {}
    if kind.traced and actor.origin.address is not None:
        traces["address"] = actor.origin.address
    if kind.traced and actor.origin.user_agent is not None:
        traces["user_agent"] = actor.origin.user_agent
    return traces


async def write_jobs(db: Db, now: datetime, queued: Sequence[Job]) -> None:
    """Writes jobs. now: the present moment, when those without a time of their own may run."""
    await db.many(
        INSERT_JOB,
        [
            {
                "id": new_id(),
                "kind": job.kind,
                "key": job.key,
                "payload": dict(job.payload),
                "created_at": now,
                "run_at": job.run_at or now,
                "attempts": 0,
                "leased_until": None,
                "leased_by": None,
                "dead_at": None,
                "last_error": None,
            }
            for job in queued
        ],
    )
