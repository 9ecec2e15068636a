"""Put a database in the place of another one, in one step, and only while nobody uses that.

SQLite itself knows who does: every connection in write-ahead mode holds a shared lock on the file for as long as it is
open, so whoever gets the exclusive one is alone. Servers, workers, commands and shells all count.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from doorward.infra.backup.problems import BackupFailed, explained
from doorward.infra.backup.scratch import put_in_place, sync_folder

# Of SQLite's locks on a file (its file format, section "locking"): where they begin and how many bytes they are.
_LOCKS_AT: Final = 0x40000000
_LOCKS_BYTES: Final = 512
# How long the mark is by which a rollback journal is known.
_JOURNAL_BEGINS: Final = 8
_BESIDE: Final = ("-wal", "-shm", "-journal")


def refuse_used(path: Path) -> None:
    """Raises BackupFailed while anybody has the database open."""
    # By hand, for SQLite's own way would write the journal mode into a file that is not going to be replaced after all.
    if path.exists() and _is_locked(path):
        raise _used(path)


def put_database_in_place(staged: Path, path: Path, kept: Path) -> bool:
    """Makes a staged database the one at `path`; the one that was there is kept under another name. Raises BackupFailed.

    Answers whether somebody opened the former one in the very same moment, and so goes on with that.
    """
    try:
        _own_like(staged, path if path.exists() else path.parent)
        if not path.exists():
            _move_logs(path, kept)
            put_in_place(staged, path, replace=False)
            return False
        with _alone_with(path):
            _move_logs(path, kept)
            try:
                # A second name first, so that there is a database at the path at every moment.
                os.link(path, kept)
            except FileExistsError:
                raise
            except OSError:
                path.rename(kept)
            put_in_place(staged, path, replace=True)
        _remove_finished_journal(kept)
    except FileExistsError as error:
        raise BackupFailed(f"{error.filename2 or error.filename} appeared meanwhile. Nothing was replaced.") from error
    except OSError as error:
        raise explained(error, path) from error
    sync_folder(path.parent)
    return _is_locked(kept)


def _own_like(staged: Path, other: Path) -> None:
    """Gives a file to whom another one belongs: restored by root, it would be out of the server's reach."""
    status = other.stat()
    staged.chmod(status.st_mode & 0o666 if other.is_file() else 0o600)
    if os.geteuid() == 0:
        os.chown(staged, status.st_uid, status.st_gid)


def _move_logs(path: Path, kept: Path) -> None:
    """Takes logs away that belong to the former database: SQLite would play them into the new one."""
    for ending in _BESIDE:
        log = path.with_name(path.name + ending)
        if log.exists():
            log.rename(kept.with_name(kept.name + ending))


def _remove_finished_journal(kept: Path) -> None:
    """Removes the journal of our own exclusive lock, which SQLite ends by blanking its beginning (file format, section 3)."""
    journal = kept.with_name(kept.name + "-journal")
    with contextlib.suppress(FileNotFoundError):
        with journal.open("rb") as file:
            is_finished = not any(file.read(_JOURNAL_BEGINS))
        if is_finished:
            journal.unlink()


@contextlib.contextmanager
def _alone_with(path: Path) -> Iterator[None]:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            # Folds the write-ahead log into the file, which only the last one of all can.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise _used(path) from None
            if not name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
                raise explained(error, path) from error
            # So damaged that SQLite cannot open it, which may be why a backup is put back: its lock is asked for by hand.
            connection.close()
            with _locked_by_hand(path):
                yield
            return
        yield
    finally:
        connection.close()


@contextlib.contextmanager
def _locked_by_hand(path: Path) -> Iterator[None]:
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS_BYTES, _LOCKS_AT)
        except BlockingIOError:
            raise _used(path) from None
        yield


def _is_locked(path: Path) -> bool:
    try:
        with _locked_by_hand(path):
            return False
    except BackupFailed:
        return True


def _used(path: Path) -> BackupFailed:
    return BackupFailed(
        f"The database {path} is in use: somebody has it open. End the server, the workers and every other program that "
        "uses it, then restore again. Nothing was changed."
    )
