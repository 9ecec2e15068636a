"""From settings to a serving process: migrates where that is allowed, puts in place what is missing, says where it is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Final

from doorward import __version__
from doorward.app import build_tools, prepare, refuse_other_schema
from doorward.domain.access.settings import TokensSettings
from doorward.domain.setup.link import LIFETIME, new_link
from doorward.http.settings import ServerSettings
from doorward.infra.database import migrate
from doorward.infra.database.base import metadata
from doorward.infra.database.connect import name_of, open_database
from doorward.infra.database.settings import DatabaseSettings
from doorward.infra.mailer.choose import transport_of
from doorward.infra.mailer.settings import MailSettings
from doorward.infra.telemetry.logs import set_up
from doorward.infra.telemetry.settings import LogSettings
from doorward.infra.tools import Tools
from doorward.kernel.actor import operator
from doorward.kernel.problem import Problem
from doorward.places import database_name, database_url, sealing_secrets
from doorward.serve import serve
from doorward.settings import Settings, SettingsError

_APPLICATION: Final = "doorward.app:create"


def run(settings: Settings) -> int:
    """Serves until told to end; the exit code. Raises SettingsError or a Problem of the database."""
    # Also for the supervisor of several server processes, which logs what becomes of them.
    set_up(settings.section(LogSettings))
    link = asyncio.run(_prepare(settings))
    return serve(_APPLICATION, settings.section(ServerSettings), on_started=lambda url: _say(settings, url, link))


async def _prepare(settings: Settings) -> str | None:
    """Brings the database where it must be; the secret of a setup link, while there is no administrator."""
    url = database_url(settings)
    secrets = sealing_secrets(settings)
    database_settings = settings.section(DatabaseSettings)
    if name_of(url) == "sqlite" and settings.section(ServerSettings).workers > 1:
        raise SettingsError(
            ["Several workers need PostgreSQL: SQLite has one writer. Set DATABASE_URL, or DOORWARD_SERVER__WORKERS=1."]
        )
    database = open_database(url, database_settings, metadata)
    try:
        may_migrate = database_settings.auto_migrate
        if may_migrate is None:
            may_migrate = not settings.is_production
        if may_migrate and (await migrate.current(database) or "") < migrate.newest():
            await database.close()
            _migrate_apart()
            database = open_database(url, database_settings, metadata)
        await refuse_other_schema(database)
        tools = build_tools(database, secrets, settings.sections)
        try:
            await _put_in_place(tools, settings)
            async with tools.writing(operator()) as tx:
                return await new_link(tx)
        finally:
            tools.hashing.close()
    finally:
        await database.close()


async def _put_in_place(tools: Tools, settings: Settings) -> None:
    """What every start puts in place. A refused value can only be one of the configured administrator's."""
    try:
        await prepare(tools)
    except Problem as problem:
        if not problem.errors:
            raise
        lines = []
        for each in problem.errors:
            path = f"bootstrap_admin.{each.pointer.strip('/')}"
            lines.append(f"{settings.sources.get(path, path)} cannot be used: {each.detail}")
        raise SettingsError(lines) from None


def _migrate_apart() -> None:
    """Migrates in a process of its own, whose memory goes with it."""
    done = subprocess.run([sys.executable, "-m", "doorward", "migrate"], check=False)
    if done.returncode != 0:
        raise SettingsError(["The database could not be migrated; the lines above say why."])


def _say(settings: Settings, url: str, link: str | None) -> None:
    """What a person wants to know once it runs."""
    issuer = settings.section(TokensSettings).issuer
    # Where no address was configured, links lead to where it really listens.
    base = issuer if "tokens.issuer" in settings.sources else url
    lines = [
        f"Doorward {__version__} ({settings.root.mode})",
        f"  address   {url}",
        f"  docs      {url}/docs",
        f"  database  {database_name(settings).removeprefix('The ')}",
        f"  mail      {_mail(settings.section(MailSettings))}",
    ]
    if link is not None:
        minutes = int(LIFETIME.total_seconds() // 60)
        lines += [
            f"  set up    {base}/setup?link={link}",
            f"            makes the first administrator, once, within {minutes} minutes",
        ]
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - said to whoever started it


def _mail(mail: MailSettings) -> str:
    """Where mail goes, in words for people."""
    match transport_of(mail):
        case "smtp":
            return f"by {mail.host}"
        case "file":
            return f"files in {mail.folder}"
        case "console":
            return "printed here"
        case _:
            return "off: set DOORWARD_MAIL__HOST to an SMTP server"
