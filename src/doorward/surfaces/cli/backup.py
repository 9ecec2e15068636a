"""`doorward backup`, and what it shares with `doorward restore`: the keys, the progress, and how a backup is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import typer

from doorward.surfaces.cli.arguments import AsJson
from doorward.surfaces.cli.ask import UsageMistake, passphrase
from doorward.surfaces.cli.progress import Progress
from doorward.surfaces.cli.show import print_json, print_line, print_table

if TYPE_CHECKING:
    from doorward.infra.backup.envelope import Facts, Head
    from doorward.infra.backup.keys import Keys
    from doorward.settings import Settings

_MIB: Final = 1024 * 1024
SHORTEST_PASSPHRASE: Final = 16

AskPassphrase = Annotated[
    bool,
    typer.Option(
        "--ask-passphrase", help="Ask for the passphrase; else DOORWARD_BACKUP__PASSPHRASE or _FILE gives it."
    ),
]
Scratch = Annotated[
    Path | None,
    typer.Option(help="Where the unsealed copy stands meanwhile; the folder of the database unless given."),
]


def backup(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Make none: restore this one on trial and say whether it is whole.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    ask_passphrase: AskPassphrase = False,
    scratch: Scratch = None,
    as_json: AsJson = False,
) -> None:
    """Write a sealed backup of an SQLite database, while it is in use.

    The service goes on meanwhile. The backup is restored on trial before the file has its name: exit code 0 says that it
    opens, is whole, and has every row. It is sealed with DOORWARD_SECRETS, or with a passphrase where one is given.
    """
    from doorward import __version__
    from doorward.infra.backup.make import make_backup
    from doorward.kernel.clock import Clock
    from doorward.settings import read_settings

    settings = read_settings()
    if verify:
        _verify(settings, file, scratch, ask=ask_passphrase, as_json=as_json)
        return
    database = sqlite_file(settings)
    keys = keys_of(settings, ask=ask_passphrase, is_new=True)
    with Steps(["copying", "sealing", "opening", "checking"]) as steps:
        made = make_backup(
            database, file, keys, steps, doorward=__version__, now=Clock().now(), replace=force, beside=scratch
        )
    show(made.head, made.facts, as_json=as_json, more={"file": str(made.file), "bytes": made.bytes})
    if not as_json:
        print_line(f"{made.file} was restored on trial and is whole: {_mib(made.bytes)}, {_rows(made.facts)}.")


def _verify(settings: Settings, file: Path, beside: Path | None, *, ask: bool, as_json: bool) -> None:
    from doorward.infra.backup.scratch import scratch
    from doorward.infra.backup.unpack import unpack
    from doorward.places import data_folder

    keys = keys_of(settings, ask=ask)
    with (
        Steps(["opening", "checking"]) as steps,
        scratch(beside or data_folder(settings), steps.say) as folder,
    ):
        head, facts = unpack(file, keys, folder / "trial.sqlite3", steps)
    show(head, facts, as_json=as_json, more={"file": str(file), "bytes": file.stat().st_size})
    if not as_json:
        print_line(f"{file} is whole: {_rows(facts)}.")


class Steps:
    """The progress of several steps of about the same size, counted in MiB."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._progress: Progress | None = None
        self._said: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._progress is not None:
            self._progress.__exit__(None, None, None)

    def say(self, line: str) -> None:
        """Something a person should know."""
        (self._progress or Progress()).say(line)

    def at(self, step: str, done: int, total: int) -> None:
        """How far a step is, in bytes."""
        size = max(total // _MIB, 1)
        if self._progress is None:
            self._progress = Progress(total=size * len(self._names), unit="MiB")
            self._progress.__enter__()
        self._progress.at(self._names.index(step) * size + min(done // _MIB, size), note=step)


def sqlite_file(settings: Settings) -> Path:
    """The file of the database. Raises UsageMistake for PostgreSQL, with what serves there."""
    from doorward.infra.database.connect import name_of, sqlite_path
    from doorward.places import database_url

    url = database_url(settings)
    if name_of(url) != "sqlite":
        raise UsageMistake(
            "This installation is on PostgreSQL, which brings its own: pg_dump and pg_restore, then "
            "`doorward after-restore`. docs/guides/backup.md has the recipe."
        )
    return sqlite_path(url)


def keys_of(settings: Settings, *, ask: bool, is_new: bool = False) -> Keys:
    """What backups are sealed with and opened by. Raises UsageMistake for a new passphrase that is too short."""
    from doorward.infra.backup.keys import Keys
    from doorward.infra.backup.settings import BackupSettings
    from doorward.infra.crypto.sealing import Sealer
    from doorward.places import known_secrets

    configured = settings.section(BackupSettings).passphrase
    text = configured.get_secret_value() if configured is not None else None
    if ask:
        text = passphrase(is_new=is_new)
        if is_new and len(text) < SHORTEST_PASSPHRASE:
            raise UsageMistake(f"A passphrase has at least {SHORTEST_PASSPHRASE} characters.")
    secrets = known_secrets(settings)
    if is_new and not secrets and text is None:
        raise UsageMistake("There is no secret to seal the backup with yet. Start `doorward serve` once.")
    return Keys.of(Sealer(secrets) if secrets else None, text)


def show(head: Head, facts: Facts, *, as_json: bool, more: dict[str, Any]) -> None:
    """Prints what a backup holds."""
    if as_json:
        print_json(
            {
                "made_at": head.made_at,
                "doorward": head.doorward,
                "sealed_with": head.key,
                "schema": facts.schema,
                "database_bytes": facts.bytes,
                "tables": facts.tables,
                **more,
            }
        )
        return
    print_table(["TABLE", "ROWS"], [[name, f"{rows:,}"] for name, rows in facts.tables.items() if rows])
    print_line(f"Made {head.made_at} by Doorward {head.doorward}, schema {facts.schema}, sealed with {head.key}.")


def _mib(size: int) -> str:
    return f"{size / _MIB:,.1f} MiB"


def _rows(facts: Facts) -> str:
    return f"{sum(facts.tables.values()):,} rows in {len(facts.tables)} tables"
