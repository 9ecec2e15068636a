"""Copying an SQLite database that is in use, and proving that a copy is whole."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from doorward.infra.backup.problems import BackupFailed, explained

# How often the progress is looked at, in steps of SQLite's virtual machine.
_STEPS: Final = 200_000
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


@contextlib.contextmanager
def opened(path: Path, *, writable: bool = False, wait_seconds: float = 5.0) -> Iterator[sqlite3.Connection]:
    """A connection to a database that exists. Raises BackupFailed for what cannot be read."""
    try:
        # Also for reading: the last one to leave a database folds its log, which a strict reader could not even follow.
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw", uri=True, timeout=wait_seconds, isolation_level=None
        )
    except sqlite3.Error as error:
        raise explained(error, path) from error
    try:
        if not writable:
            connection.execute("PRAGMA query_only = ON")
        yield connection
    except sqlite3.Error as error:
        raise explained(error, path) from error
    finally:
        connection.close()


def copy(source: Path, target: Path, progress: Callable[[int], None]) -> None:
    """Writes a whole copy of a database, as it is at one moment, to a new file, while others go on writing.

    VACUUM INTO and not the backup API: what was erased from the database stays behind in its free pages, and must not
    live on in its backups. Both hold one reading transaction, which no writer waits for.
    progress: told how many bytes of the copy there are.
    """

    def look() -> int:
        with contextlib.suppress(OSError):
            progress(target.stat().st_size)
        return 0

    with opened(source) as connection:
        # The statement writes to another file only, which query_only would refuse.
        connection.execute("PRAGMA query_only = OFF")
        connection.set_progress_handler(look, _STEPS)
        try:
            connection.execute("VACUUM INTO ?", [str(target)])
        except sqlite3.Error as error:
            is_full = getattr(error, "sqlite_errorname", "").startswith("SQLITE_FULL")
            raise explained(error, target.parent if is_full else source) from error


def count_rows(path: Path) -> dict[str, int]:
    """How many rows each table has."""
    with opened(path) as connection:
        tables = [name for (name,) in connection.execute(_TABLES)]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608 - names of tables that are there


def schema_of(path: Path) -> str:
    """The revision of a database's schema. Raises BackupFailed when it is no database of ours."""
    with opened(path) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            row = None
    if row is None:
        raise BackupFailed(f"{path} is empty, or no database of Doorward. Run `doorward migrate` first.")
    return str(row[0])


def check(path: Path) -> None:
    """Raises BackupFailed unless the database is whole: its structure, and what its rows refer to."""
    with opened(path) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise BackupFailed(f"The database in {path.name} is not whole: {found}.")
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise BackupFailed(f"The database in {path.name} is not whole: a row of {broken[0]} refers to nothing.")
