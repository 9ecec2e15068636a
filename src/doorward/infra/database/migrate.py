"""Bring a database's schema up to date, and tell how far it is behind.

One history serves both databases. Telling needs no Alembic, which a serving process would otherwise carry in memory.
"""

from __future__ import annotations

import io
import random
import time
from datetime import timedelta
from importlib import resources
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, MetaData, String, Table, select

from doorward.infra.database.connect import driver_url, name_of, sqlite_path
from doorward.infra.database.problems import DatabaseBusy, DatabaseUnavailable, StatementTimeout
from doorward.infra.database.statement import Query

if TYPE_CHECKING:
    from alembic.config import Config

    from doorward.infra.database.driver import Database

# For how long a step of a migration may wait for a table; everybody who comes later waits behind it.
LOCK_SECONDS: Final = 1.0
# PostgreSQL's codes for a lock that did not come in time, and for a deadlock.
_IN_THE_WAY: Final = frozenset({"55P03", "40P01"})
_PACKAGE: Final = "doorward.migrations"
_version: Final = Table("alembic_version", MetaData(), Column("version_num", String(32), nullable=False))
_CURRENT: Final = Query(select(_version.c.version_num), tuple[str])


def newest() -> str:
    """The revision that this version of Doorward works with: revisions are numbered, and files named after them."""
    folder = resources.files(_PACKAGE).joinpath("versions")
    return max(entry.name[:4] for entry in folder.iterdir() if entry.name[:4].isdigit())


async def current(database: Database) -> str | None:
    """The revision a database is at; None when it is empty. Raises DatabaseUnavailable."""
    await database.check()
    compiled = _CURRENT.on(database.name)
    try:
        record = await database.first(compiled, [])
    except (DatabaseUnavailable, StatementTimeout):
        raise
    except Exception as error:
        # No such table: nothing was ever migrated here. Both drivers say so in words of their own.
        if "alembic_version" in str(error):
            return None
        raise
    return None if record is None else str(record[0])


def upgrade(url: str, to: str = "head", *, patience: timedelta = timedelta(minutes=10)) -> None:
    """Runs what is missing, each revision in a transaction of its own. Several processes at once do it once.

    A table that a long transaction holds is asked for again and again, a second at a time, so that nobody else waits longer
    behind us. to: the revision to end at. patience: for how long. Raises DatabaseBusy after it; what is done stays done.
    """
    from alembic import command  # noqa: PLC0415 - see the module's header
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - see the module's header

    until = time.monotonic() + patience.total_seconds()
    while True:
        try:
            command.upgrade(_config(url), to)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _IN_THE_WAY:
                raise
            if time.monotonic() > until:
                raise DatabaseBusy(
                    "A table stayed locked. Look for long transactions (pg_stat_activity), then migrate again: it goes on "
                    "where it stopped."
                ) from error
            # Those who queued up behind us get their turn.
            time.sleep(random.uniform(1, 2) * LOCK_SECONDS)  # noqa: S311 - no secret
        else:
            return


def sql(url: str) -> str:
    """The statements that `upgrade` would run on an empty database, for those whose database administrator runs them."""
    from alembic import command  # noqa: PLC0415 - see the module's header

    output = io.StringIO()
    command.upgrade(_config(url, output), "head", sql=True)
    return output.getvalue()


def _config(url: str, output: io.StringIO | None = None) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - see the module's header

    config = Config(output_buffer=output) if output is not None else Config()
    config.set_main_option("script_location", str(resources.files(_PACKAGE)).replace("%", "%%"))
    if name_of(url) == "sqlite":
        config.attributes["url"] = f"sqlite:///{sqlite_path(url)}"
    else:
        config.attributes["url"] = "postgresql+asyncpg:" + driver_url(url).partition(":")[2]
    return config
