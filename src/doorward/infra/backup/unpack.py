"""Open a backup into a new file and prove that it is what was copied: whole, and row for row as many."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from doorward.infra.backup.envelope import Facts, Head, Opening
from doorward.infra.backup.keys import Keys
from doorward.infra.backup.problems import BackupFailed, explained
from doorward.infra.backup.snapshot import check, count_rows, schema_of
from doorward.infra.backup.watching import Watching


class Unpacked(NamedTuple):
    """What a backup says of itself, found to be true."""

    head: Head
    facts: Facts


def unpack(file: Path, keys: Keys, into: Path, watching: Watching) -> Unpacked:
    """Writes the database of a backup to a new file, and checks it. Raises BackupFailed."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise explained(error, file) from error
    with source:
        opening = Opening(source, keys, str(file))
        facts = opening.facts
        done = 0
        try:
            with into.open("xb") as target:
                for piece in opening.pieces():
                    target.write(piece)
                    done += len(piece)
                    watching.at("opening", done, facts.bytes)
                target.flush()
                os.fsync(target.fileno())
        except OSError as error:
            raise explained(error, into.parent) from error
    watching.at("checking", 0, facts.bytes)
    if done != facts.bytes:
        raise BackupFailed(f"{file} is damaged: it holds another number of bytes than it says. Take another backup.")
    check(into)
    if schema_of(into) != facts.schema or count_rows(into) != facts.tables:
        raise BackupFailed(f"{file} is damaged: it holds other rows than it says. Take another backup.")
    return Unpacked(opening.head, facts)
