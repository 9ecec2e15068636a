"""Read users from CSV (RFC 4180 and its relatives) or JSON Lines, one record at a time, whatever is in the file.

What is broken becomes a record with a reason; it never ends the reading, and no line is taken into memory without bound.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple

import orjson

from doorward.domain.transfer.columns import (
    PLAIN_PASSWORDS,
    column_errors,
    column_of,
    is_remark,
    unknown_column,
)
from doorward.kernel.problem import FieldError

Format = Literal["csv", "jsonl"]

_LONGEST_LINE: Final = 1024 * 1024
_LONGEST_CELL: Final = 128 * 1024
_DELIMITERS: Final = (",", ";", "\t", "|")


class UnusableFile(Exception):  # noqa: N818 - says what it is
    """Nothing can be read from the file. lines: why, one sentence each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Record(NamedTuple):
    """One user as the file says. line: where it begins, from 1. values: by our columns, without empty ones.

    broken: why it cannot be read. cells: as they came, for the file of rejects.
    """

    line: int
    values: Mapping[str, Any]
    broken: FieldError | None
    cells: Any


def format_of(name: str) -> Format | None:
    """The format that a file's name tells, if it does."""
    suffix = Path(name).suffix.lower()
    if suffix in {".jsonl", ".ndjson"}:
        return "jsonl"
    return "csv" if suffix in {".csv", ".tsv", ".txt"} else None


class Reader:
    """A file of users. columns: as the file names them; empty for JSON Lines, where each line names its own.

    Raises UnusableFile when the header cannot be what it should be.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        kind: Format,
        mapping: Mapping[str, str],
        ignore_unknown: bool = False,
        hash_passwords: bool = False,
        delimiter: str | None = None,
    ) -> None:
        self._file = file
        self._mapping = mapping
        self._ignore_unknown = ignore_unknown
        self._hash_passwords = hash_passwords
        self.kind = kind
        self.columns: list[str] = []
        # Broken bytes become lone surrogates, which are then found in their record alone.
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._records = self._csv(delimiter) if kind == "csv" else self._json_lines()
        self._first: list[Record] = []
        self._begin()

    def _begin(self) -> None:
        """Reads up to the first record, so that what is wrong with the whole file is said before anything is done."""
        first = next(self._records, None)
        if first is not None:
            self._first = [first]

    def __iter__(self) -> Iterator[Record]:
        """Every record, in order; once."""
        while self._first:
            yield self._first.pop()
        yield from self._records

    def bytes_read(self) -> int | None:
        """How far the reading is, a little ahead of the records; None for a stream."""
        return self._file.tell() if self._file.seekable() else None

    def skip(self, count: int) -> None:
        """Passes over the first records, of an import that is resumed."""
        for _ in range(count):
            if self._first:
                self._first.pop()
            elif next(self._records, None) is None:
                return

    def _lines(self, limit: int) -> Iterator[str]:
        """Lines, of which over-long ones come in pieces."""
        return iter(lambda: self._text.readline(limit), "")

    def _csv(self, delimiter: str | None) -> Iterator[Record]:
        lines = self._lines(_LONGEST_LINE)
        header_line = next(lines, "")
        if not header_line.strip():
            raise UnusableFile(["The file has no header: its first line names the columns."])
        if "\0" in header_line or not _is_text(header_line):
            raise UnusableFile(["The file is not text in UTF-8. Save it as 'CSV UTF-8' or convert it with iconv."])
        chosen = delimiter or max(_DELIMITERS, key=header_line.count)
        header = next(csv.reader([header_line], delimiter=chosen, skipinitialspace=True))
        errors = column_errors(
            header, mapping=self._mapping, ignore_unknown=self._ignore_unknown, hash_passwords=self._hash_passwords
        )
        if errors:
            raise UnusableFile(errors)
        self.columns = header
        names = [column_of(name, self._mapping) for name in header]
        csv.field_size_limit(_LONGEST_CELL)
        rows = csv.reader(lines, delimiter=chosen, strict=True)
        width = len(header)
        # Columns that nobody asked for fall away by their name None.
        wanted = [(name, place) for place, name in enumerate(names) if name is not None]
        plain = len(wanted) == width
        while True:
            line = rows.line_num + 2
            try:
                cells = next(rows, None)
            except csv.Error as error:
                yield Record(line, {}, _broken_csv(error), ["" for _ in header])
                continue
            if cells is None:
                return
            if not cells:
                continue  # an empty line
            if len(cells) != width:
                yield Record(line, {}, _wrong_width(width, len(cells)), (cells + [""] * width)[:width])
                continue
            if plain:
                values = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
            else:
                values = {name: cells[place] for name, place in wanted if cells[place]}
            broken = None if _is_text("".join(cells)) else _NOT_TEXT
            yield Record(line, values, broken, cells)  # type: ignore[arg-type]  # no name is None where every column is known

    def _json_lines(self) -> Iterator[Record]:
        pieces = self._lines(_LONGEST_LINE)
        line = 0
        first = True
        for text in pieces:
            line += 1
            if len(text) >= _LONGEST_LINE and not text.endswith("\n"):
                while (piece := next(pieces, "")) and not piece.endswith("\n"):
                    pass
                yield Record(line, {}, FieldError("", "line-too-long", "A line has at most 1 MiB."), {})
                continue
            if not text.strip():
                continue
            if not _is_text(text):
                yield Record(line, {}, _NOT_TEXT, {})
                continue
            try:
                found = orjson.loads(text)
            except (orjson.JSONDecodeError, RecursionError):
                found = None
            if not isinstance(found, dict):
                yield Record(line, {}, _NOT_JSON, {"text": text.rstrip("\r\n")})
                continue
            if first and not self._mapping:
                self._refuse_all(found)
            first = False
            yield self._named(line, found)

    def _refuse_all(self, found: Mapping[str, Any]) -> None:
        """What is wrong with the names of the first line is most likely wrong with all of them."""
        errors = column_errors(
            found, mapping={}, ignore_unknown=self._ignore_unknown, hash_passwords=self._hash_passwords
        )
        if errors:
            raise UnusableFile(errors)

    def _named(self, line: int, found: Mapping[str, Any]) -> Record:
        values: dict[str, Any] = {}
        broken: FieldError | None = None
        for key, value in found.items():
            name = column_of(key, self._mapping)
            if name is None:
                if not self._ignore_unknown and not is_remark(key):
                    broken = FieldError("", "column-unknown", unknown_column(key))
            elif value is not None and value != "":
                if name == "password" and not self._hash_passwords:
                    broken = FieldError("/password", "password-plain", PLAIN_PASSWORDS)
                values[name] = value
        return Record(line, values, broken, found)


def _is_text(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_NOT_TEXT: Final = FieldError("", "not-utf-8", "This line is not text in UTF-8. Convert the file, or mend the line.")
_NOT_JSON: Final = FieldError("", "not-json", "This line is not one JSON object. Each line stands for one user.")


def _wrong_width(expected: int, found: int) -> FieldError:
    return FieldError(
        "",
        "fields-count",
        f"The header names {expected} columns and this line has {found} fields. Put fields that hold the delimiter in quotation marks.",
    )


def _broken_csv(error: csv.Error) -> FieldError:
    if "field larger" in str(error):
        return FieldError("", "field-too-large", "A field has at most 128 KiB. A quotation mark may never be closed.")
    return FieldError(
        "",
        "quotation-marks",
        "The quotation marks do not match. A field in quotation marks ends with one, and has its own ones doubled.",
    )
