"""Whether a password is in the file. A look-up reads a few pages of it and keeps nothing in memory."""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import unicodedata
from pathlib import Path
from typing import Final

import structlog

from doorward.infra.breach.layout import BUCKETS, HEADER, KEPT, MAGIC, PREFIX

_log = structlog.stdlib.get_logger("doorward.breach")
_END: Final = struct.Struct("<Q")


class BreachFile:
    """One file as it was when it was opened. Raises ValueError for a file that is none of ours or is cut short."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(self._map) < HEADER or self._map[: len(MAGIC)] != MAGIC:
            self._map.close()
            raise ValueError("not a file of breached passwords")
        self.count = self._end(BUCKETS - 1)
        if len(self._map) != HEADER + self.count * KEPT:
            self._map.close()
            raise ValueError("the file of breached passwords is cut short")

    def has(self, digest: bytes) -> bool:
        """Whether a SHA-1 is in it."""
        bucket = int.from_bytes(digest[:PREFIX], "big")
        wanted = digest[PREFIX : PREFIX + KEPT]
        low = self._end(bucket - 1) if bucket else 0
        high = self._end(bucket)
        while low < high:
            middle = (low + high) // 2
            found = self._map[HEADER + middle * KEPT : HEADER + (middle + 1) * KEPT]
            if found == wanted:
                return True
            if found < wanted:
                low = middle + 1
            else:
                high = middle
        return False

    def close(self) -> None:
        """Lets go of the file."""
        self._map.close()

    def _end(self, bucket: int) -> int:
        end: int = _END.unpack_from(self._map, len(MAGIC) + bucket * _END.size)[0]
        return end


class BreachedPasswords:
    """The file of this installation, if there is one. A new one is taken up by itself. path: None until it is said."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self._file: BreachFile | None = None
        self._seen: tuple[int, int] | None = None

    def has(self, password: str) -> bool:
        """Whether a password is known from breaches, as it was typed or as it is hashed here (NFKC)."""
        file = self._opened()
        return file is not None and any(file.has(digest) for digest in digests(password))

    def _opened(self) -> BreachFile | None:
        if self.path is None:
            return None
        try:
            found = os.stat(self.path)  # noqa: PTH116 - half the cost of Path.stat, at every sign-in
        except OSError:
            found = None
        seen = None if found is None else (found.st_ino, found.st_mtime_ns)
        if seen != self._seen:
            # Replaced as a whole (see `write`), so the one in hand stays whole until it is let go.
            if self._file is not None:
                self._file.close()
            self._file, self._seen = None, seen
            if found is not None:
                try:
                    self._file = BreachFile(self.path)
                except (OSError, ValueError) as error:
                    _log.warning("the file of breached passwords cannot be used", reason=str(error))
        return self._file


def digests(password: str) -> list[bytes]:
    """The SHA-1 of a password as lists have it: of what was typed, and of its normal form where that is another."""
    texts = {password, unicodedata.normalize("NFKC", password)}
    return [hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest() for text in texts]
