"""Public identifiers: TypeIDs, a prefix that names the kind of thing and a UUIDv7 in 26 characters of base32.

Stored as native UUIDs; written as `usr_01h455vb4pex5vsknk084sn02q` outside (TypeID specification 0.3).
"""

from __future__ import annotations

from typing import Final, cast
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7

from doorward.kernel.problem import NotFound

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
# Two characters at a time: thirteen look-ups make an identifier, which matters in lists of two hundred.
_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
# To the digits that `int` reads, and everything else to one that it refuses, such as the spaces and underscores it skips.
_DIGITS: Final = bytes(
    b"0123456789abcdefghijklmnopqrstuv"[_ALPHABET.index(chr(each))] if chr(each) in _ALPHABET else ord("!")
    for each in range(256)
)

USER: Final = "usr"
SESSION: Final = "ses"
EMAIL: Final = "eml"
CREDENTIAL: Final = "crd"
ROLE: Final = "rol"
EVENT: Final = "evt"
ATTEMPT: Final = "att"
JOB: Final = "job"
INVITATION: Final = "inv"


def new_id() -> UUID:
    """A fresh UUIDv7: unique everywhere, and later ones sort after earlier ones of the same process."""
    return uuid7()


def new_row_ids(count: int) -> list[UUID]:
    """Fresh ids for new rows that nothing but the database will look at, made in a sixth of the time.

    They come from the same source as those of `new_id`, and have their `bytes`, `int` and text; they are no `UUID` of the
    standard library, and so equal to none.
    """
    make = uuid_utils.uuid7
    return cast("list[UUID]", [make() for _ in range(count)])


def encode(prefix: str, value: UUID) -> str:
    """The public form of an identifier. prefix: one of the constants of this module."""
    number = value.int
    pairs = _PAIRS
    return (
        f"{prefix}_{pairs[number >> 120]}{pairs[number >> 110 & 1023]}{pairs[number >> 100 & 1023]}"
        f"{pairs[number >> 90 & 1023]}{pairs[number >> 80 & 1023]}{pairs[number >> 70 & 1023]}"
        f"{pairs[number >> 60 & 1023]}{pairs[number >> 50 & 1023]}{pairs[number >> 40 & 1023]}"
        f"{pairs[number >> 30 & 1023]}{pairs[number >> 20 & 1023]}{pairs[number >> 10 & 1023]}{pairs[number & 1023]}"
    )


def decode(prefix: str, text: str) -> UUID:
    """The UUID inside a public identifier of this kind. Raises ValueError for anything else, also in another spelling."""
    start = len(prefix) + 1
    if len(text) != start + 26 or text[:start] != prefix + "_":
        raise ValueError(f"not a {prefix}_ identifier")
    try:
        return UUID(int=int(text[start:].encode("ascii").translate(_DIGITS), 32))
    except ValueError:
        raise ValueError(f"not a {prefix}_ identifier") from None


def find(prefix: str, text: str) -> UUID:
    """Like `decode`, for identifiers in paths: one that cannot exist raises NotFound, as one that does not exist would."""
    try:
        return decode(prefix, text)
    except ValueError:
        raise NotFound(
            f"There is nothing with this id. An id here looks like {prefix}_… with 26 characters after it."
        ) from None
