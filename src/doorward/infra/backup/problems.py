"""Why a backup cannot be made or put back, for the operator who asked; no caller of the service ever sees these."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path


class BackupFailed(Exception):  # noqa: N818 - says what happened; an operator reads it
    """A backup could not be made, read or put back. lines: why and what to do, one sentence each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)


def explained(error: OSError | sqlite3.Error, where: Path) -> BackupFailed:
    """What the system's or SQLite's error means. where: the file or folder that was written or read."""
    if isinstance(error, sqlite3.Error):
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_FULL"):
            return _full(where)
        return BackupFailed(f"{where} cannot be used: {error}.")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _full(where)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return BackupFailed(f"{where} cannot be read or written: {error.strerror}. See to its owner and rights.")
    return BackupFailed(f"{where}: {error.strerror or error}.")


def _full(where: Path) -> BackupFailed:
    return BackupFailed(f"There is no space left for {where}. Make room, or name another place; nothing was changed.")
