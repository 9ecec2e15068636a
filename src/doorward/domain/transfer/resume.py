"""What an import remembers beside its file, so that one that was killed goes on where it was.

Written after each chunk's commit: it can be behind the database and never ahead of it, and what is done twice does no harm.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from doorward.domain.transfer.bring_in import Tally


@dataclass(frozen=True, slots=True)
class Remembered:
    """Where an import was. digest: of the file and of how it was to be read. rejects_size: bytes of the rejects until then."""

    digest: str
    tally: Tally
    rejects_size: int


class Memory:
    """The state file of one import."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self._digest = digest

    def read(self) -> Remembered | None:
        """What an earlier run of the very same import left; None if there is nothing, or it was of another file."""
        try:
            found = orjson.loads(self.path.read_bytes())
            remembered = Remembered(found["digest"], Tally(**found["tally"]), int(found["rejects_size"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return remembered if remembered.digest == self._digest else None

    def write(self, tally: Tally, rejects_size: int) -> None:
        """Remembers; whole or not at all."""
        draft = self.path.with_name(self.path.name + ".part")
        draft.write_bytes(orjson.dumps(asdict(Remembered(self._digest, tally, rejects_size))))
        draft.replace(self.path)

    def forget(self) -> None:
        """The import came to its end."""
        self.path.unlink(missing_ok=True)


def digest_of(path: Path, *how: object) -> str:
    """What tells one file, read in one way, from every other."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(repr(how).encode())
    return digest.hexdigest()
