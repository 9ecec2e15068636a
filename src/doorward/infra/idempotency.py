"""The Idempotency-Key header (IETF draft-ietf-httpapi-idempotency-key-header-07): the first answer is kept and replayed.

The answer is written in the transaction of the change it tells of. Of two requests with one key at once, the second finds
the row taken when it comes to write its own, takes its changes back and replays the first one's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import Column, Index, Integer, LargeBinary, Table, bindparam, delete, insert, select

from doorward.infra.database.base import Moment, metadata
from doorward.infra.database.statement import Command, Query
from doorward.infra.outbox.record import Job
from doorward.kernel.problem import FieldError, InvalidInput, Kind, Problem
from doorward.kernel.secret import fingerprint, same

if TYPE_CHECKING:
    from doorward.infra.database.unit_of_work import Tx

JOB: Final = "idempotency.purge"
KEPT: Final = timedelta(hours=24)
_LONGEST_KEY: Final = 255
_BATCH: Final = 5000
_SEALED_FOR: Final = "idempotency-answer"


class AnsweredAlready(Problem):
    """Another request with the same Idempotency-Key was answered at the same moment; its answer is the one that counts."""

    code = "idempotency-key-in-use"
    kind = Kind.CONFLICT
    title = "A request with this key is being answered"

    def __init__(self) -> None:
        super().__init__("Send the request again to receive the first answer.", retry_after=1)


class KeyReused(Problem):
    """The Idempotency-Key was used before with another request."""

    code = "idempotency-key-reused"
    kind = Kind.INVALID
    title = "This Idempotency-Key belongs to another request"

    def __init__(self) -> None:
        super().__init__("Make a new key for each request; repeat one only with the very same request.")


idempotency_keys: Final = Table(
    "idempotency_keys",
    metadata,
    # Of the caller, the operation and the key together, so that keys never meet across callers.
    Column("scope_hash", LargeBinary, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
    Index("uq_idempotency_keys_scope_hash", "scope_hash", unique=True, info={"problem": AnsweredAlready}),
)


class _Row(NamedTuple):
    request_hash: bytes
    status: int
    answer: bytes


_FIND: Final = Query(
    select(idempotency_keys.c.request_hash, idempotency_keys.c.status, idempotency_keys.c.answer).where(
        idempotency_keys.c.scope_hash == bindparam("scope_hash"), idempotency_keys.c.created_at > bindparam("after")
    ),
    _Row,
)
_INSERT: Final = Command(
    insert(idempotency_keys).values({column: bindparam(column.name) for column in idempotency_keys.columns})
)
_REPLACE_EXPIRED: Final = Command(
    delete(idempotency_keys).where(
        idempotency_keys.c.scope_hash == bindparam("scope_hash"), idempotency_keys.c.created_at <= bindparam("before")
    )
)
_over = (
    select(idempotency_keys.c.scope_hash)
    .where(idempotency_keys.c.created_at < bindparam("before"))
    .limit(bindparam("most"))
)
_FORGET: Final = Command(delete(idempotency_keys).where(idempotency_keys.c.scope_hash.in_(_over)))


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it is kept: what the first request got, whatever came of it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A key that a caller sent. scope_hash: of caller, operation and key. request_hash: of the request's content."""

    scope_hash: bytes
    request_hash: bytes


def read_key(text: str, *, caller: str, operation: str, body: bytes) -> Key:
    """A key from the header. caller: who asks, so that keys never meet. Raises InvalidInput for one that is no key."""
    if not 1 <= len(text) <= _LONGEST_KEY or not text.isascii() or not text.isprintable():
        raise InvalidInput(
            FieldError(
                "/header/idempotency-key",
                "idempotency-key-form",
                f"A key has 1 to {_LONGEST_KEY} printable ASCII characters; a random UUID serves well.",
            )
        )
    return Key(fingerprint(f"{caller}\n{operation}\n{text}"), fingerprint(body))


async def find_answer(tx: Tx, key: Key) -> KeptAnswer | None:
    """The answer that was given under a key, if any. Raises KeyReused when it was given to another request."""
    row = await tx.db.first(_FIND, scope_hash=key.scope_hash, after=tx.now - KEPT)
    if row is None:
        return None
    if not same(row.request_hash, key.request_hash):
        raise KeyReused
    opened: dict[str, Any] = orjson.loads(tx.tools.sealer.open_sealed(_SEALED_FOR, row.answer, context=key.scope_hash))
    return KeptAnswer(row.status, tuple((name, value) for name, value in opened["headers"]), opened["body"].encode())


async def keep_answer(tx: Tx, key: Key, answer: KeptAnswer) -> None:
    """Keeps an answer with the changes it tells of. Sealed, for an answer may hold what only its receiver may know.

    Raises AnsweredAlready when another request with this key was faster.
    """
    # One that is over and waits to be forgotten counts as never sent.
    await tx.db.run(_REPLACE_EXPIRED, scope_hash=key.scope_hash, before=tx.now - KEPT)
    document = orjson.dumps({"headers": answer.headers, "body": answer.body.decode()})
    await tx.db.run(
        _INSERT,
        scope_hash=key.scope_hash,
        request_hash=key.request_hash,
        status=answer.status,
        answer=tx.tools.sealer.seal(_SEALED_FOR, document, context=key.scope_hash),
        created_at=tx.now,
    )


async def purge_answers(tx: Tx, _payload: Mapping[str, Any]) -> None:
    """Forgets answers after 24 hours. A scheduled job."""
    if await tx.db.run(_FORGET, before=tx.now - KEPT, most=_BATCH) == _BATCH:
        tx.enqueue(Job(JOB, {}, key=JOB))
