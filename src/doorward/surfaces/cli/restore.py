"""`doorward restore`: everything is checked and made ready beside the database, and takes its place in one step."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.backup import AskPassphrase, Steps, keys_of, show, sqlite_file
from doorward.surfaces.cli.run import with_tools
from doorward.surfaces.cli.show import note, print_line

if TYPE_CHECKING:
    from doorward.domain.restored.make_safe import Backup, Ended
    from doorward.infra.tools import Tools
    from doorward.settings import Settings


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `doorward backup` made.")],
    *,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Put it in the place of the database that is there, which is kept beside it."),
    ] = False,
    keep_sessions: Annotated[
        bool,
        typer.Option(
            "--keep-sessions",
            help="Leave sessions, links and signing keys as they were. Only right when no server ran since the backup was made.",
        ),
    ] = False,
    ask_passphrase: AskPassphrase = False,
    as_json: AsJson = False,
) -> None:
    """Put an SQLite database back from a backup.

    Ends every session, link, code and trusted device and replaces the signing keys, because those that ended after the
    backup was made would live again. Refuses while anybody uses the database, and changes nothing before all is checked.
    A backup with an older schema is brought up to date.
    """
    from doorward.domain.restored.make_safe import Backup
    from doorward.infra.backup.problems import BackupFailed
    from doorward.infra.backup.replace import put_database_in_place, refuse_used
    from doorward.infra.backup.scratch import scratch
    from doorward.infra.backup.unpack import unpack
    from doorward.infra.database import migrate
    from doorward.settings import read_settings

    settings = read_settings()
    database = sqlite_file(settings)
    if database.exists() and not replace:
        raise BackupFailed(f"There is a database at {database} already. --replace keeps it beside the restored one.")
    keys = keys_of(settings, ask=ask_passphrase)
    refuse_used(database)
    with Steps(["opening", "checking"]) as steps, scratch(database.parent, steps.say) as folder:
        staged = folder / "restored.sqlite3"
        head, facts = unpack(file, keys, staged, steps)
        if facts.schema > migrate.newest():
            raise BackupFailed(
                f"{file} has schema {facts.schema}, and this version works with {migrate.newest()}. "
                f"Restore it with Doorward {head.doorward} or newer."
            )
        if facts.schema < migrate.newest():
            steps.say(f"Migrating it from schema {facts.schema} to {migrate.newest()}.")
            migrate.upgrade(f"sqlite:///{staged}")
        backup = Backup(head.made_at, head.doorward, facts.schema)
        ended = _make_ready(settings, staged, backup, keep_sessions=keep_sessions)
        kept = database.with_name(f"{database.name}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        had_one = database.exists()
        was_opened = put_database_in_place(staged, database, kept)
    more = {
        "file": str(file),
        "database": str(database),
        "kept": str(kept) if had_one else None,
        "sessions_ended": ended.sessions,
        "values_voided": ended.values,
        "devices_distrusted": ended.devices,
    }
    show(head, facts, as_json=as_json, more=more)
    if not as_json:
        print_line(_told(ended, keep_sessions=keep_sessions))
        if had_one:
            print_line(f"The database that was there is now {kept}.")
        print_line(f"{database} is restored. Start the server.")
    if was_opened:
        note(f"doorward: A program opened the former database in the same moment and goes on with {kept}. Restart it.")
        raise typer.Exit(1)


def _make_ready(settings: Settings, staged: Path, backup: Backup, *, keep_sessions: bool) -> Ended:
    """Makes sure that the secret opens what is sealed in it, ends what must not live again, and records the restore in it."""
    from doorward.domain.keys.ring import check_keys_open
    from doorward.domain.restored.make_safe import Ended, keep_all, make_safe
    from doorward.infra.database.settings import DatabaseSettings
    from doorward.kernel.actor import operator

    database_settings = settings.section(DatabaseSettings).model_copy(update={"url": f"sqlite:///{staged}"})
    there = dataclasses.replace(settings, sections={**settings.sections, DatabaseSettings: database_settings})

    async def within(tools: Tools) -> Ended:
        await check_keys_open(tools)
        async with tools.writing(operator()) as tx:
            if keep_sessions:
                await keep_all(tx, backup)
                return Ended()
            return await make_safe(tx, backup)

    ended = with_tools(within, there)
    # Whoever closed it last has folded the log into it.
    with staged.open("rb+") as whole:
        os.fsync(whole.fileno())
    return ended


def _told(ended: Ended, *, keep_sessions: bool) -> str:
    if keep_sessions:
        return "Sessions, links and signing keys are as they were in the backup."
    return (
        f"Ended {ended.sessions:,} sessions, {ended.values:,} links, codes and sign-ins under way, and the trust in "
        f"{ended.devices:,} devices; replaced the signing keys."
    )
