"""The file of records that did not come in: the same columns, and line, field, code and reason; once mended it can be imported.

It holds what the import's file held, password hashes too, so only its owner may read it.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import orjson

from doorward.domain.transfer.columns import REMARKS, is_remark
from doorward.domain.transfer.prepare import Reject
from doorward.domain.transfer.read import Format
from doorward.kernel.problem import FieldError


class Rejects:
    """Writes rejects as they come. The file is made with the first one. kept: bytes of an interrupted import's file to keep."""

    def __init__(self, path: Path, kind: Format, columns: Sequence[str], *, kept: int = 0) -> None:
        self.path = path
        self.size = kept
        self._kind = kind
        self._columns = [column for column in columns if not is_remark(column)]
        self._places = [place for place, column in enumerate(columns) if not is_remark(column)]
        self._file: IO[bytes] | None = None
        # What an earlier import left, or this one wrote after what it last remembered.
        if path.exists():
            if kept:
                os.truncate(path, kept)
            else:
                path.unlink()

    def write(self, rejects: Sequence[Reject]) -> None:
        """Adds rejects, durably for this process's end."""
        if not rejects:
            return
        if self._file is None:
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
        text = self._csv(rejects) if self._kind == "csv" else self._json_lines(rejects)
        self._file.write(text)
        self._file.flush()
        self.size += len(text)

    def close(self) -> None:
        """Ends the file."""
        if self._file is not None:
            self._file.close()

    def _csv(self, rejects: Sequence[Reject]) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if self.size == 0:
            writer.writerow([*self._columns, *REMARKS])
        for reject in rejects:
            cells = [reject.record.cells[place] for place in self._places]
            writer.writerow([*cells, *_remarks(reject).values()])
        return text.getvalue().encode("utf-8", "surrogateescape")

    @staticmethod
    def _json_lines(rejects: Sequence[Reject]) -> bytes:
        return b"".join(
            orjson.dumps(reject.record.cells | _remarks(reject), option=orjson.OPT_APPEND_NEWLINE) for reject in rejects
        )


def _remarks(reject: Reject) -> dict[str, str | int]:
    return {
        "line": reject.record.line,
        "field": " ".join(error.pointer.removeprefix("/") for error in reject.errors),
        "code": " ".join(error.code for error in reject.errors),
        "reason": " ".join(_unique(reject.errors)),
    }


def _unique(errors: Sequence[FieldError]) -> list[str]:
    return list(dict.fromkeys(error.detail for error in errors))
