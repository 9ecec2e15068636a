"""Where an unsealed copy of a database stands while a backup is made or put back, and drafts of files; neither outlives its process.

A process that was killed leaves them. Each is held by a lock that ends with its process, so the next run knows which
nobody works on any more, and removes them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from glob import escape
from pathlib import Path
from typing import BinaryIO, Final

from doorward.infra.backup.problems import explained

_PREFIX: Final = ".doorward-scratch-"
_LOCK: Final = "lock"
_PART: Final = ".part"
Say = Callable[[str], None]


@contextlib.contextmanager
def scratch(beside: Path, say: Say) -> Iterator[Path]:
    """A folder for this process alone, removed at the end with all that is in it. Raises BackupFailed."""
    remove_left_over(beside, say)
    folder = beside / f"{_PREFIX}{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700)
        with (folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    except OSError as error:
        raise explained(error, beside) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_over(folder: Path, say: Say) -> None:
    """Removes what killed processes left in a folder, and says so."""
    for each in folder.glob(f"{_PREFIX}*"):
        # A folder without a lock yet is one that a process is just making.
        if _is_nobodys(each / _LOCK):
            shutil.rmtree(each, ignore_errors=True)
            say(f"Removed {each}, which an interrupted run had left.")


@contextlib.contextmanager
def draft(target: Path, say: Say) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside its final place, readable to its owner only; gone at the end unless it was put there."""
    for each in target.parent.glob(f".{escape(target.name)}.*{_PART}"):
        if _is_nobodys(each):
            each.unlink(missing_ok=True)
            say(f"Removed {each}, which an interrupted run had left.")
    path = target.with_name(f".{target.name}.{secrets.token_hex(8)}{_PART}")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with contextlib.suppress(OSError):  # some network file systems know no locks
                fcntl.flock(file, fcntl.LOCK_EX)
            yield path, file
    except OSError as error:
        raise explained(error, target) from error
    finally:
        path.unlink(missing_ok=True)


def put_in_place(path: Path, target: Path, *, replace: bool) -> None:
    """Gives a durable file its final name. Raises FileExistsError when there is one already, unless it is to be replaced."""
    if replace:
        path.replace(target)
    else:
        try:
            os.link(path, target)
        except FileExistsError:
            raise
        except OSError:
            # A file system without links. Whoever makes a file of that name in this moment loses it.
            if target.exists():
                raise FileExistsError(target) from None
            path.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # not every file system can
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_nobodys(lock: Path) -> bool:
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
