"""Make, read, try and spend values that work once.

A link is the value's id under a MAC, a code is computed from the id: nothing that opens anything is stored, a stolen
copy of the database opens nothing, and a mail that is sent again is the very same mail.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from doorward.domain.one_time import store
from doorward.domain.one_time.store import ValueRow
from doorward.infra.crypto.tokens import Purpose
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.outbox.record import Job
from doorward.infra.tools import Tools
from doorward.kernel.ids import new_id
from doorward.kernel.secret import same

JOB: Final = "one_time.purge"
_SEALED_FOR: Final = "one-time-value"
_ID_BYTES: Final = 16
_BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class Kind:
    """What values are for, as a constant of the code. name: unique for ever. prefix: two to eight letters in front of its links."""

    name: str
    prefix: str

    @property
    def purpose(self) -> Purpose:
        """What its links are stamped for: one of another kind is refused."""
        return Purpose(f"one-time/{self.name}", self.prefix)

    @property
    def attempt(self) -> Purpose:
        """What the names are stamped for by which whoever asked for the mail carries on: they open nothing by themselves."""
        return Purpose(f"one-time-attempt/{self.name}", "at")


@dataclass(frozen=True, slots=True)
class Value:
    """A value that is still open. data: what its maker kept with it."""

    id: UUID
    kind: str
    user_id: UUID | None
    data: Mapping[str, Any]
    tries: int
    created_at: datetime
    expires_at: datetime


async def make_value(tx: Tx, kind: Kind, *, user_id: UUID | None, data: Mapping[str, Any], lifetime: timedelta) -> UUID:
    """Makes a value; `link_of` and `code_of` give what is sent out. data: JSON, sealed; what spending it will need."""
    value_id = new_id()
    await tx.db.run(
        store.INSERT,
        id=value_id,
        kind=kind.name,
        user_id=user_id,
        sealed=tx.tools.sealer.seal(_SEALED_FOR, orjson.dumps(dict(data)), context=value_id.bytes),
        tries=0,
        created_at=tx.now,
        expires_at=tx.now + lifetime,
        spent_at=None,
    )
    return value_id


def link_of(tools: Tools, kind: Kind, value_id: UUID) -> str:
    """The secret of a value's link."""
    return tools.stamper.stamp(kind.purpose, value_id.bytes)


def code_of(tools: Tools, kind: Kind, value_id: UUID, *, digits: int = 8) -> str:
    """The code of a value, for typing. Short, so its tries are counted: see `take_try`."""
    return _codes_of(tools, kind, value_id, digits)[0]


def is_code_of(tools: Tools, kind: Kind, value_id: UUID, text: str, *, digits: int = 8) -> bool:
    """Whether a text is the value's code; spaces and hyphens that people type do not matter."""
    typed = "".join(character for character in text[:64] if character not in " -")
    # Compared as digests: of one length, whatever was typed. Each is looked at, so that time tells nothing.
    matching = [same(_digest(typed), _digest(each)) for each in _codes_of(tools, kind, value_id, digits)]
    return any(matching)


def _codes_of(tools: Tools, kind: Kind, value_id: UUID, digits: int) -> list[str]:
    """The code of a value by the installation's secret, and by the earlier ones that are still configured."""
    keys = tools.sealer.derive_all(f"one-time-code/{kind.name}")
    numbers = [int.from_bytes(hmac.digest(key, value_id.bytes, "sha256")[:16], "big") for key in keys]
    return [str(number % 10**digits).zfill(digits) for number in numbers]


def id_in_link(tools: Tools, kind: Kind, text: str) -> UUID | None:
    """The id of the value that a link was made for; None for a link of another kind and for anything else."""
    payload = tools.stamper.unstamp(kind.purpose, text)
    return UUID(bytes=payload) if payload is not None and len(payload) == _ID_BYTES else None


def attempt_of(tools: Tools, kind: Kind, value_id: UUID) -> str:
    """The name by which whoever asked for a value answers with its code."""
    return tools.stamper.stamp(kind.attempt, value_id.bytes)


def id_in_attempt(tools: Tools, kind: Kind, text: str) -> UUID | None:
    """The id of the value behind such a name; None for anything else."""
    payload = tools.stamper.unstamp(kind.attempt, text)
    return UUID(bytes=payload) if payload is not None and len(payload) == _ID_BYTES else None


async def read_link(tx: Tx, kind: Kind, text: str) -> Value | None:
    """The value of a link while it is open; looking spends nothing, for mail scanners and previews look."""
    value_id = id_in_link(tx.tools, kind, text)
    return None if value_id is None else await read_value(tx, kind, value_id)


async def read_value(tx: Tx, kind: Kind, value_id: UUID) -> Value | None:
    """A value while it is open."""
    row = await tx.db.first(store.READ, id=value_id, kind=kind.name, now=tx.now)
    return None if row is None else _value(tx, row)


async def take_try(tx: Tx, kind: Kind, value_id: UUID, *, most: int) -> Value | None:
    """Takes one of `most` tries of a value's code, in a transaction of its own that is kept whatever the code is worth.

    Before the first change of the caller's transaction. None when the value is over or its tries are.
    """
    async with tx.tools.writing(tx.actor) as counting:
        row = await counting.db.first(store.TAKE_TRY, id=value_id, kind=kind.name, now=tx.now, most=most)
    return None if row is None else _value(tx, row)


async def spend(tx: Tx, value: Value) -> bool:
    """Uses a value up; answers no when another request did so first, or its time ran out."""
    return bool(await tx.db.run(store.SPEND, id=value.id, kind=value.kind, now=tx.now))


async def void_values(tx: Tx, user_id: UUID, kinds: Sequence[Kind] | None = None) -> int:
    """Ends the open values of a user, of some kinds or of all; answers how many that were."""
    if kinds is None:
        return await tx.db.run(store.VOID_ALL, user_id=user_id, now=tx.now)
    return await tx.db.run(store.VOID, user_id=user_id, kinds=[kind.name for kind in kinds], now=tx.now)


async def void_all_but(tx: Tx, user_id: UUID, kept: Sequence[Kind]) -> int:
    """Ends the open values of a user, all but those of some kinds; answers how many that were."""
    return await tx.db.run(store.VOID_OTHERS, user_id=user_id, kept=[kind.name for kind in kept], now=tx.now)


async def void_everything(tx: Tx) -> int:
    """Ends every open value of everybody, some thousands at a time; answers how many that were."""
    count = 0
    while ended := await tx.db.run(store.VOID_SOME, now=tx.now, most=_BATCH):
        count += ended
    return count


async def purge_values(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets values a day after their time ran out. A scheduled job."""
    if await tx.db.run(store.FORGET, before=tx.now - timedelta(days=1), most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))


def _value(tx: Tx, row: ValueRow) -> Value:
    data = orjson.loads(tx.tools.sealer.open_sealed(_SEALED_FOR, row.sealed, context=row.id.bytes))
    return Value(row.id, row.kind, row.user_id, data, row.tries, row.created_at, row.expires_at)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
