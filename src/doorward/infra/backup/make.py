"""Make a backup: copy, seal, restore it on trial, and only then give it its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from doorward.infra.backup.envelope import PIECE_BYTES, Facts, Head, Sealing
from doorward.infra.backup.keys import Keys
from doorward.infra.backup.problems import BackupFailed, explained
from doorward.infra.backup.scratch import draft, put_in_place, scratch
from doorward.infra.backup.snapshot import copy, count_rows, schema_of
from doorward.infra.backup.unpack import unpack
from doorward.infra.backup.watching import Watching
from doorward.kernel.clock import wire


@dataclass(frozen=True, slots=True)
class Made:
    """A backup. bytes: of its file."""

    file: Path
    bytes: int
    head: Head
    facts: Facts


def make_backup(
    database: Path,
    target: Path,
    keys: Keys,
    watching: Watching,
    *,
    doorward: str,
    now: datetime,
    replace: bool = False,
    beside: Path | None = None,
) -> Made:
    """Writes a backup of a database that may be in use, tried out before it has its name.

    beside: the folder where unsealed copies stand meanwhile; the database's own unless given, for there they are no more
    open to others than it is itself. Raises BackupFailed.
    """
    if not database.exists():
        raise BackupFailed(f"There is no database at {database}.")
    _refuse_existing(target, replace=replace)
    if not target.parent.is_dir():
        raise BackupFailed(f"There is no folder {target.parent}. Make it first.")
    with scratch(beside or database.parent, watching.say) as folder, draft(target, watching.say) as (path, file):
        whole = folder / "copy.sqlite3"
        size = _size(database)
        copy(database, whole, lambda done: watching.at("copying", done, size))
        facts = Facts(schema_of(whole), whole.stat().st_size, count_rows(whole))
        try:
            _seal(whole, file, Sealing(file, keys, doorward=doorward, made_at=wire(now)), facts, watching)
        except OSError as error:
            raise explained(error, target) from error
        # The trial needs the room.
        whole.unlink()
        head = unpack(path, keys, folder / "trial.sqlite3", watching).head
        size = path.stat().st_size
        try:
            put_in_place(path, target, replace=replace)
        except FileExistsError:
            _refuse_existing(target, replace=False)
    return Made(target, size, head, facts)


def _seal(whole: Path, file: BinaryIO, sealing: Sealing, facts: Facts, watching: Watching) -> None:
    sealing.describe(facts)
    done = 0
    with whole.open("rb") as source:
        while piece := source.read(PIECE_BYTES):
            sealing.write(piece)
            done += len(piece)
            watching.at("sealing", done, facts.bytes)
    sealing.finish()
    file.flush()
    os.fsync(file.fileno())


def _size(database: Path) -> int:
    log = database.with_name(f"{database.name}-wal")
    return database.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _refuse_existing(target: Path, *, replace: bool) -> None:
    if target.is_dir():
        raise BackupFailed(f"{target} is a folder. Name a file in it.")
    if not replace and (target.exists() or target.is_symlink()):
        raise BackupFailed(f"{target} is there already. Choose another name, or --force.")
