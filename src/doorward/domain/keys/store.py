"""Every query of this slice."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, insert, or_, select, update

from doorward.domain.keys.tables import signing_keys
from doorward.infra.database.statement import Command, Query


class KeyRow(NamedTuple):
    """A signing key."""

    kid: str
    algorithm: str
    public_jwk: dict[str, Any]
    private_sealed: bytes
    created_at: datetime
    active_from: datetime
    expires_at: datetime | None


class RevokedRow(NamedTuple):
    """A key that was taken back."""

    kid: str
    algorithm: str


LIVING: Final = Query(
    select(*signing_keys.columns)
    .where(or_(signing_keys.c.expires_at.is_(None), signing_keys.c.expires_at > bindparam("now")))
    .order_by(signing_keys.c.created_at, signing_keys.c.kid),
    KeyRow,
)
# Oldest first: who began before and who began after another key was made must both wait at the same row, or each could
# hold what the other wants next.
LOCK: Final = Query(
    select(signing_keys.c.kid).order_by(signing_keys.c.created_at, signing_keys.c.kid).with_for_update(), tuple[str]
)
INSERT: Final = Command(
    insert(signing_keys).values({column: bindparam(column.name) for column in signing_keys.columns})
)
RETIRE_OTHERS: Final = Command(
    update(signing_keys)
    .where(signing_keys.c.kid != bindparam("except_kid"), signing_keys.c.expires_at.is_(None))
    .values(expires_at=bindparam("expires_at"))
)
REVOKE_OTHERS: Final = Query(
    update(signing_keys)
    .where(
        signing_keys.c.kid != bindparam("except_kid"),
        or_(signing_keys.c.expires_at.is_(None), signing_keys.c.expires_at > bindparam("now")),
    )
    .values(expires_at=bindparam("now"))
    .returning(signing_keys.c.kid, signing_keys.c.algorithm),
    RevokedRow,
)
FORGET: Final = Command(delete(signing_keys).where(signing_keys.c.expires_at < bindparam("before")))
