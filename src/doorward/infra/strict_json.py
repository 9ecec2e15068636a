"""Reading JSON with no second opinion possible (RFC 8259 and the stricter I-JSON, RFC 7493).

Two parsers that disagree about a document are an attack: a check reads one value, the code behind it another. So what is
ambiguous is refused: duplicate members, lone surrogates, NaN and numbers out of range, a byte order mark, deep nesting.
"""

from __future__ import annotations

import re
from typing import Final

import orjson

MAX_DEPTH: Final = 32

_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_TOKEN: Final = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")\s*(:)?|[{}\[\]]', re.DOTALL)

# The parser's words for what it met, and ours for what to do. Its words never hold input, but they are its own business.
_REASONS: Final = {
    "str is not valid UTF-8: surrogates not allowed": "it is not valid UTF-8",
    "UTF-8 byte order mark (BOM) is not supported": "it begins with a byte order mark; leave that out",
    "number is infinity when parsed as double": "a number is too large; JSON numbers here are 64-bit floating point",
    "no low surrogate in string": "a string holds half of a surrogate pair; write the whole character",
    "invalid low surrogate in string": "a string holds half of a surrogate pair; write the whole character",
    "invalid high surrogate in string": "a string holds half of a surrogate pair; write the whole character",
    "unexpected content after document": "something follows the end of the document",
    "Input is a zero-length, empty document": "it is empty",
    "input data is empty": "it is empty",
    "depth limit exceeded": f"it is nested deeper than {MAX_DEPTH} levels",
    "unexpected control character in string": "a string holds a bare control character; escape it",
    "unexpected end of data": "it ends too early",
}


class NotStrictJson(ValueError):  # noqa: N818 - says what the document is
    """A document is not JSON, or not unambiguous JSON. The message says what and where, and holds nothing of it."""


def parse(document: bytes) -> object:
    """The document as plain Python values. Raises NotStrictJson, which tells what and where but never echoes."""
    try:
        value: object = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        reason, position = error.msg, error.pos
    else:
        members = _members(value, 1)
        # What is spelled as we would spell it has lost nothing. That is how our own tokens are spelled, and it is quickly seen.
        if members and orjson.dumps(value) == document:
            return value
        # Each member has one colon outside of strings, so an object that lost a duplicate has fewer members than colons.
        if members and members != _STRING.sub(b"", document).count(b":"):
            raise NotStrictJson(
                f"The same member stands twice in one object, at byte {_duplicate(document)}. Send each member once."
            )
        return value
    # Outside of the except block: the parser's error holds the whole document, which must not hang on ours.
    raise NotStrictJson(f"It cannot be read as JSON: {_REASONS.get(reason, 'syntax error')} (at character {position}).")


def _members(value: object, depth: int) -> int:
    """How many members all objects of a document have together; refuses a document that is nested too deeply."""
    if isinstance(value, dict):
        count = len(value)
        inner: object = value.values()
    elif isinstance(value, list):
        count = 0
        inner = value
    else:
        return 0
    if depth > MAX_DEPTH:
        raise NotStrictJson(f"It is nested deeper than {MAX_DEPTH} levels. Send a flatter document.")
    for each in inner:  # type: ignore[attr-defined]  # values of a dictionary or a list
        if isinstance(each, (dict, list)):
            count += _members(each, depth + 1)
    return count


def _duplicate(document: bytes) -> int:
    """Where in a well-formed document the first duplicate member begins, in bytes."""
    open_objects: list[set[str]] = []
    for token in _TOKEN.finditer(document):
        mark = token.group()
        if mark in {b"{", b"["}:
            open_objects.append(set())
        elif mark in {b"}", b"]"}:
            open_objects.pop()
        elif token.group(2):
            name = orjson.loads(token.group(1))
            if name in open_objects[-1]:
                return token.start()
            open_objects[-1].add(name)
    raise AssertionError("called for a document without duplicates")
