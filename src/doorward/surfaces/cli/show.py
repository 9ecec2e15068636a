"""How answers are printed: JSON for programs, plain columns for people."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_GAP = "  "


def print_json(document: Any) -> None:
    """A document as the REST API would send it, indented."""
    import orjson

    options = orjson.OPT_UTC_Z | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    _write(orjson.dumps(document, option=options).decode())


def print_json_line(document: Any) -> None:
    """A document in one line, said at once: for programs that read a stream."""
    import orjson

    _write(orjson.dumps(document, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE).decode())
    sys.stdout.flush()


def print_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows in columns as wide as they need."""
    lines = [list(headings), *([text(value) for value in row] for row in rows)]
    widths = [max(_width(line[place]) for line in lines) for place in range(len(headings))]
    for line in lines:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        _write(_GAP.join(cells).rstrip() + "\n")


def print_list(
    items: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    as_json: bool,
    next_cursor: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """A list: as the REST API answers it, or its columns. columns: names of members. next_cursor: of the page after. more: what
    else stands beside the items.
    """
    if as_json:
        page = {"items": items, "next_cursor": next_cursor, "has_more": next_cursor is not None}
        print_json(page | dict(more or {}))
        return
    headings = [name.removesuffix("_at").replace("_", " ").upper() for name in columns]
    print_table(headings, [[item[name] for name in columns] for item in items])
    if next_cursor is not None:
        note(f"There are more: --cursor {next_cursor}")


def print_fields(fields: Mapping[str, Any]) -> None:
    """One thing: a line for each of its fields that has a value."""
    shown = {name.replace("_", " "): text(value) for name, value in fields.items() if value not in (None, {}, [])}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        _write(f"{name:{width}}{_GAP}{value}\n")


def print_line(line: str) -> None:
    """One line on standard output, said at once."""
    _write(line + "\n")
    sys.stdout.flush()


def note(line: str) -> None:
    """One line beside the answer, where pipes do not take it."""
    print(line, file=sys.stderr)  # noqa: T201 - said to whoever gave the command


def text(value: Any) -> str:
    """A value for people."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(text(each) for each in value) or "-"
    # What a stranger chose (a device's name) must not move the cursor or recolor the screen.
    return "".join(character if character.isprintable() else "?" for character in str(value))


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in cell
    )


def _write(out: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(out.encode(encoding, "replace").decode(encoding))
