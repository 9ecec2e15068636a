"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import bindparam, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from doorward.domain.risk.tables import failed_attempts as failures
from doorward.domain.risk.tables import spent_challenges
from doorward.infra.database.dialect import insert_if_absent
from doorward.infra.database.statement import Command, Query


class TakenRow(NamedTuple):
    """A wrong answer counted in advance."""

    key: bytes
    failed: int
    total: int
    locks: int


class ClearedRow(NamedTuple):
    """A count that was forgotten, as it was."""

    failed: int
    total: int
    locks: int
    blocked_until: datetime


class BlockedRow(NamedTuple):
    """How long one count still blocks."""

    failed: int
    total: int
    blocked_until: datetime


_quiet = failures.c.last_failed_at <= bindparam("quiet")


def _take(*keys: str) -> Query[TakenRow]:
    # With their types: in a statement of several rows they are not taken from the columns.
    key_type = failures.c.key.type
    others = {each: bindparam(each.name, type_=each.type) for each in failures.columns if each is not failures.c.key}
    new = insert(failures).values([{failures.c.key: bindparam(key, type_=key_type), **others} for key in keys])
    return Query(
        new.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failed": case((_quiet, 1), else_=failures.c.failed + 1),
                "locks": case((_quiet, 0), else_=failures.c.locks),
                "total": failures.c.total + 1,
                "last_failed_at": bindparam("last_failed_at"),
            },
            where=(failures.c.blocked_until <= bindparam("now"))
            & or_(failures.c.failed < bindparam("most"), failures.c.last_failed_at <= bindparam("stale"))
            & (failures.c.total < bindparam("ceiling")),
        ).returning(failures.c.key, failures.c.failed, failures.c.total, failures.c.locks),
        TakenRow,
        # Nobody is told what came of an answer before that is durable itself, in the one case as in the other.
        soon=True,
    )


# Counts before anything is compared, and only while answers are taken: of fifty at once no more pass than may. Answers
# the counts that took it.
TAKE_ONE: Final = _take("first")
TAKE_BOTH: Final = _take("first", "second")
BLOCKED: Final = Query(
    select(failures.c.failed, failures.c.total, failures.c.blocked_until).where(failures.c.key == bindparam("key")),
    BlockedRow,
)
DELAY: Final = Command(
    update(failures)
    .where(failures.c.key == bindparam("key"), failures.c.blocked_until < bindparam("until"))
    .values(blocked_until=bindparam("until"))
)
LOCK: Final = Command(
    update(failures)
    .where(failures.c.key == bindparam("key"))
    .values(blocked_until=bindparam("until"), locks=failures.c.locks + 1, failed=0)
)
GIVE_BACK: Final = Command(
    update(failures)
    .where(failures.c.key == bindparam("key"), failures.c.failed > 0)
    .values(failed=failures.c.failed - 1, total=failures.c.total - 1)
)
# In the order in which they are taken, so that two transactions never wait for each other.
_cleared = (
    select(failures.c.key)
    .where(or_(failures.c.key == bindparam("first"), failures.c.key == bindparam("second")))
    .order_by(failures.c.key)
    .with_for_update()
)
CLEAR: Final = Command(delete(failures).where(failures.c.key.in_(_cleared)))
_of_user = (
    select(failures.c.key).where(failures.c.user_id == bindparam("user_id")).order_by(failures.c.key).with_for_update()
)
CLEAR_USER: Final = Query(
    delete(failures)
    .where(failures.c.key.in_(_of_user))
    .returning(failures.c.failed, failures.c.total, failures.c.locks, failures.c.blocked_until),
    ClearedRow,
)
_over = select(failures.c.key).where(failures.c.last_failed_at < bindparam("before")).limit(bindparam("most"))
FORGET: Final = Command(delete(failures).where(failures.c.key.in_(_over)))

SPEND_CHALLENGE: Final = Command(insert_if_absent(spent_challenges, "random"))
_past = (
    select(spent_challenges.c.random)
    .where(spent_challenges.c.expires_at < bindparam("before"))
    .limit(bindparam("most"))
)
FORGET_CHALLENGES: Final = Command(delete(spent_challenges).where(spent_challenges.c.random.in_(_past)))
