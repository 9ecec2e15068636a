"""`doorward migrate`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from doorward.surfaces.cli.ask import UsageMistake
from doorward.surfaces.cli.show import note, print_line

if TYPE_CHECKING:
    from doorward.settings import Settings


def migrate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 when the schema is behind, else with 0.")
    ] = False,
    sql: Annotated[
        bool, typer.Option("--sql", help="Change nothing; print what would be run on an empty database.")
    ] = False,
) -> None:
    """Bring the database's schema up to date.

    Safe to run again and from several machines at once. Running servers of this version and the one before it go on.
    """
    from doorward.infra.database import migrate as migrations
    from doorward.places import database_url
    from doorward.settings import read_settings

    if check and sql:
        raise UsageMistake("Give --check or --sql, not both.")
    settings = read_settings()
    url = database_url(settings)
    if sql:
        print_line(migrations.sql(url).strip())
        return
    before, newest = asyncio.run(_revision(settings)), migrations.newest()
    if before is not None and before >= newest:
        newer = "" if before == newest else f", which a newer version made; this one works with {newest}"
        print_line(f"The schema is up to date: revision {before}{newer}.")
        return
    if check:
        behind = "the database is empty" if before is None else f"the database is at revision {before}"
        print_line(f"The schema is behind: {behind}, and this version needs {newest}. Run `doorward migrate`.")
        raise typer.Exit(1)
    migrations.upgrade(url)
    note(f"Migrated the database from {'nothing' if before is None else f'revision {before}'} to revision {newest}.")


async def _revision(settings: Settings) -> str | None:
    from doorward.infra.database.base import metadata
    from doorward.infra.database.connect import open_database
    from doorward.infra.database.migrate import current
    from doorward.infra.database.settings import DatabaseSettings
    from doorward.places import database_url

    database = open_database(database_url(settings), settings.section(DatabaseSettings), metadata)
    try:
        return await current(database)
    finally:
        await database.close()
