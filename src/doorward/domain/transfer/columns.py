"""The columns of import and export files, and how the text in a cell becomes a value.

A cell is text (CSV) or any JSON value (JSON Lines). An empty cell, or null, says nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from doorward.kernel.ids import USER, decode
from doorward.kernel.problem import FieldError, InvalidInput

_LIST: Final = re.compile(r"[\s;,]+")
_YES: Final = frozenset({"true", "t", "yes", "y", "1"})
_NO: Final = frozenset({"false", "f", "no", "n", "0"})
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)

Parse = Callable[[Any, str], Any]


def _text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        # Other systems' ids are often numbers.
        return str(value)
    raise InvalidInput(FieldError(f"/{name}", "text-expected", "This is a text. Write it in quotation marks."))


def _truth(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise InvalidInput(FieldError(f"/{name}", "truth-expected", "Write true or false."))


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value.strip())
    except (AttributeError, ValueError):
        raise InvalidInput(
            FieldError(f"/{name}", "time-syntax", "Write a time like 2024-05-31T16:20:00Z, or a day like 2024-05-31.")
        ) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = datetime.min.replace(tzinfo=UTC)
    if moment < _EARLIEST:
        raise InvalidInput(FieldError(f"/{name}", "time-too-early", "Give a time after 1970."))
    return moment


def _document(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            value = None
    if not isinstance(value, dict):
        raise InvalidInput(
            FieldError(f"/{name}", "json-object-expected", 'Write a JSON object such as {"plan": "gold"}.')
        )
    return value


def _words(value: Any, name: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(dict.fromkeys(word for word in _LIST.split(value) if word))
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(dict.fromkeys(value))
    raise InvalidInput(FieldError(f"/{name}", "list-expected", "Write words separated by spaces or semicolons."))


def _id(value: Any, name: str) -> UUID:
    try:
        return decode(USER, value)
    except (TypeError, ValueError, AttributeError):
        raise InvalidInput(
            FieldError(
                f"/{name}", "id-syntax", "An id is as an export wrote it: usr_ and 26 characters. Or leave it out."
            )
        ) from None


def _status(value: Any, name: str) -> str:
    word = str(value).strip().lower()
    if word not in {"active", "suspended"}:
        raise InvalidInput(FieldError(f"/{name}", "status-unknown", "Write active or suspended."))
    return word


# In the order in which an export writes them.
COLUMNS: Final[Mapping[str, Parse]] = {
    "id": _id,
    "external_id": _text,
    "email": _text,
    "email_verified": _truth,
    "more_verified_emails": _words,
    "more_unverified_emails": _words,
    "username": _text,
    "name": _text,
    "locale": _text,
    "time_zone": _text,
    "picture_url": _text,
    "status": _status,
    "suspended_reason": _text,
    "suspended_until": _moment,
    "created_at": _moment,
    "last_sign_in_at": _moment,
    "roles": _words,
    "public_metadata": _document,
    "admin_metadata": _document,
    "password_hash": _text,
    "password": _text,
}
EXPORTED: Final = tuple(name for name in COLUMNS if name not in {"password_hash", "password"})

# What a file of rejects has beside the columns; so a mended one can be imported as it is.
REMARKS: Final = ("line", "field", "code", "reason")


def column_errors(
    given: Iterable[str], *, mapping: Mapping[str, str], ignore_unknown: bool, hash_passwords: bool
) -> list[str]:
    """What is wrong with the names of a file's columns, one sentence each. mapping: names in the file to ours."""
    names = list(given)
    wrong = [f"There is no column '{name}' in the file to be mapped." for name in mapping if name not in names]
    targets = [target for name in names if (target := column_of(name, mapping)) is not None]
    wrong += [f"Two columns mean '{name}'." for name in sorted({each for each in targets if targets.count(each) > 1})]
    if not ignore_unknown:
        wrong += [unknown_column(name) for name in names if column_of(name, mapping) is None and not is_remark(name)]
    if "email" not in targets:
        wrong.append("No column is named 'email'. Say which one it is, such as --map 'E-mail address=email'.")
    if "password" in targets and not hash_passwords:
        wrong.append(PLAIN_PASSWORDS)
    return wrong


PLAIN_PASSWORDS: Final = (
    "There are passwords in plain text. With --hash-passwords each is checked and hashed, which takes a tenth of a second "
    "or so for every user; with existing hashes in 'password_hash' nothing has to be hashed."
)


def column_of(name: str, mapping: Mapping[str, str]) -> str | None:
    """Which of our columns a name in a file means; None for none."""
    if name in mapping:
        return mapping[name]
    plain = name.strip().lower()
    return plain if plain in COLUMNS else None


def is_remark(name: str) -> bool:
    """Whether a column is what a file of rejects adds."""
    return name.strip().lower() in REMARKS


def unknown_column(name: str) -> str:
    """That a column is unknown, and which it may be."""
    # A header is no secret, but a file without one has somebody's data there; it is shown only when it looks like a name.
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    near = difflib.get_close_matches(plain, COLUMNS, n=1, cutoff=0.7)
    near = near or [each for each in COLUMNS if len(plain) > 3 and (plain in each or each in plain)][:1]
    near = near or difflib.get_close_matches(plain, COLUMNS, n=1, cutoff=0.5)
    shown = (
        f"'{name.strip()}'" if len(name) <= 40 and "@" not in name and name.strip().isprintable() else "in the header"
    )
    hint = (
        f"Did you mean '{near[0]}'? Then say --map '{name.strip()}={near[0]}'."
        if near and shown[0] == "'"
        else "Map it with --map, or pass over such columns with --ignore-unknown."
    )
    return f"The column {shown} is not known. {hint}"
