"""Entity tags and the conditions on them (RFC 9110 sections 8.8.3 and 13.1), as pure functions."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from doorward.http.problems import MalformedRequest
from doorward.kernel.problem import PreconditionFailed

_TAG: Final = re.compile(r'[ \t]*((?:W/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*')
_MAX_TAGS: Final = 64


def version_tag(version: int | str) -> str:
    """A strong entity tag for a thing that carries a version or a hash. version: letters, digits, `-`, `_` and `.`."""
    return f'"{version}"'


def content_tag(body: bytes) -> str:
    """A strong entity tag made from the bytes of a representation."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def require_match(if_match: str | None, current: str | None) -> None:
    """Raises PreconditionFailed unless If-Match is absent or names the present state, by strong comparison.

    current: the present entity tag, None when the thing does not exist. Raises MalformedRequest for a list that is none.
    """
    if if_match is None:
        return
    if if_match.strip() == "*":
        met = current is not None
    else:
        tags = _tags(if_match)
        # Weak tags never match here: they promise only something alike (section 13.1.1).
        met = current is not None and not current.startswith("W/") and current in tags
    if not met:
        raise PreconditionFailed


def is_unchanged(if_none_match: str | None, current: str | None) -> bool:
    """Whether If-None-Match names the present state, by weak comparison: then a read is answered with 304.

    Raises MalformedRequest for a list that is none.
    """
    if if_none_match is None or current is None:
        return False
    if if_none_match.strip() == "*":
        return True
    present = current.removeprefix("W/")
    return any(tag.removeprefix("W/") == present for tag in _tags(if_none_match))


def _tags(value: str) -> list[str]:
    """The entity tags of a list. A comma may stand inside of a tag, so the list cannot simply be split."""
    found: list[str] = []
    place = 0
    while True:
        match = _TAG.match(value, place)
        if match is None or len(found) == _MAX_TAGS:
            raise MalformedRequest(
                'An entity tag is written in double quotes, such as "3f2a", several with commas between.'
            )
        found.append(match.group(1))
        place = match.end()
        if place == len(value):
            return found
        if value[place] != ",":
            raise MalformedRequest(
                'An entity tag is written in double quotes, such as "3f2a", several with commas between.'
            )
        place += 1
