"""Every query of this slice."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from doorward.domain.setup.tables import setup_links
from doorward.infra.database.statement import Command, Query

_open = (
    setup_links.c.secret_hash == bindparam("secret_hash"),
    setup_links.c.spent_at.is_(None),
    setup_links.c.expires_at > bindparam("now"),
)
INSERT: Final = Command(insert(setup_links).values({column: bindparam(column.name) for column in setup_links.columns}))
FORGET: Final = Command(delete(setup_links).where(setup_links.c.spent_at.is_(None)))
IS_OPEN: Final = Query(select(setup_links.c.secret_hash).where(*_open), tuple[bytes])
SPEND: Final = Command(update(setup_links).where(*_open).values(spent_at=bindparam("now")))
