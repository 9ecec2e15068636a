"""Folding and checking of human text: names, labels, locales, time zones and links.

Every check returns the value to store or raises InvalidInput naming the field, the rule and the remedy, never the input.
Folding follows Unicode 15 section 3.13 (D146, compatibility caseless matching); language tags are RFC 5646.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from doorward.kernel.problem import FieldError, InvalidInput

_Arguments = ParamSpec("_Arguments")
_Value = TypeVar("_Value")

_JOINERS: Final = frozenset("\u200c\u200d")
# Letters and symbols by category, yet drawn as nothing: a name of these alone looks like no name at all.
_BLANK: Final = re.compile("[\u034f\u115f\u1160\u2800\u3164\uffa0]")
_SPACES: Final = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# RFC 5646 section 2.1 without the grandfathered tags, which have modern spellings.
_LOCALE: Final = re.compile(
    r"(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
    r"(?:-(?P<script>[A-Za-z]{4}))?"
    r"(?:-(?P<region>[A-Za-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(?:-[A-WY-Za-wy-z0-9](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?)"
)
_LOCALE_LENGTH: Final = 35
_TIME_ZONE_LENGTH: Final = 64
_URL_LENGTH: Final = 2048
_AUTHORITY_END: Final = re.compile(r"[/?#]")
_URL: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def fold(text: str) -> str:
    """The form under which two spellings of one text are equal: without regard to case, width or composition.

    For uniqueness and prefix search, never for showing. Folding what is folded changes nothing.
    """
    if text.isascii():
        return text.strip().lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", folded.casefold()).strip()


class Collector:
    """Gathers what is wrong with several fields, so that one answer names all of it."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, error: FieldError) -> None:
        """Notes one thing that is wrong."""
        self.found.append(error)

    def check(self, check: Callable[_Arguments, _Value], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Value:
        """What the check returns. After a refusal there is no value to return, and none is needed: the block raises at its end."""
        try:
            return check(*args, **kwargs)
        except InvalidInput as problem:
            self.found.extend(problem.errors)
            return None  # type: ignore[return-value]  # nobody reads it: `collecting` raises before the block's results are used


@contextmanager
def collecting() -> Iterator[Collector]:
    """Runs several checks and raises one InvalidInput with everything they found.

    Use what the checks returned after the block only: inside it a refused value is None.
    """
    errors = Collector()
    try:
        yield errors
    except InvalidInput as problem:
        raise InvalidInput(*errors.found, *problem.errors) from None
    if errors.found:
        raise InvalidInput(*errors.found)


def check_line(value: str, *, pointer: str, max_length: int = 200, min_length: int = 1) -> str:
    """One clean line of text for names and labels: trimmed, in NFC, with nothing in it that cannot be seen.

    Lengths are in code points. Invisible joiners pass between letters beyond ASCII, where Persian and Indic names and
    joined emoji need them. Refused are controls and line breaks (log and header injection), bidirectional overrides and
    other format characters (a text that reads as another), surrogates and NUL (no database stores them).
    Raises InvalidInput with `text-too-short`, `text-too-long`, `text-control-character`, `text-invisible-character`.
    """
    # Before anything else, because normalizing is work: composing makes at most one character of four.
    if len(value) > 4 * max_length + 64:
        raise InvalidInput(_too_long(pointer, max_length))
    if value.isascii():
        line = value.strip(" ")
    else:
        line = unicodedata.normalize("NFC", _SPACES.sub(" ", value)).strip(" ")
        if _BLANK.search(line):
            raise InvalidInput(_invisible(pointer))
    if not line.isprintable():
        _refuse_hidden(line, pointer)
    if len(line) < min_length:
        unit = "character" if min_length == 1 else "characters"
        raise InvalidInput(
            FieldError(
                pointer, "text-too-short", f"This needs at least {min_length} {unit}. Write more, or leave it out."
            )
        )
    if len(line) > max_length:
        raise InvalidInput(_too_long(pointer, max_length))
    return line


def _refuse_hidden(line: str, pointer: str) -> None:
    for place, character in enumerate(line):
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Zl", "Zp"} or (category == "Cn" and _is_no_character(character)):
            raise InvalidInput(
                FieldError(
                    pointer,
                    "text-control-character",
                    "This is one line of text without line breaks, tabs or other control characters. Remove them.",
                )
            )
        if category == "Cf" and not (character in _JOINERS and _joins(line, place)):
            raise InvalidInput(_invisible(pointer))


def _is_no_character(character: str) -> bool:
    """Whether Unicode promises never to assign this code point (section 23.7), unlike one of a later version than ours."""
    number = ord(character)
    return number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF


def _joins(line: str, place: int) -> bool:
    return 0 < place < len(line) - 1 and all(
        not neighbor.isascii() and unicodedata.category(neighbor) != "Cf"
        for neighbor in (line[place - 1], line[place + 1])
    )


def _invisible(pointer: str) -> FieldError:
    return FieldError(
        pointer,
        "text-invisible-character",
        "This contains characters that cannot be seen, such as zero-width spaces or direction marks. Type it anew without them.",
    )


def _too_long(pointer: str, max_length: int) -> FieldError:
    return FieldError(pointer, "text-too-long", f"This may have at most {max_length} characters. Shorten it.")


def check_locale(value: str, *, pointer: str = "/locale") -> str:
    """A language tag (RFC 5646) such as `en`, `de-CH` or `zh-Hant-TW`, in its canonical letter case. Raises InvalidInput."""
    match = _LOCALE.fullmatch(value) if len(value) <= _LOCALE_LENGTH else None
    if match is None:
        raise InvalidInput(
            FieldError(
                pointer,
                "locale-syntax",
                "A locale is a language tag such as 'en', 'de-CH' or 'zh-Hant-TW', with hyphens. Send one.",
            )
        )
    language, script, region, rest = match.group("language", "script", "region", "rest")
    return (
        language.lower()
        + (f"-{script.title()}" if script else "")
        + (f"-{region.upper()}" if region else "")
        + rest.lower()
    )


def check_time_zone(value: str, *, pointer: str = "/time_zone") -> str:
    """The name of a time zone of the IANA database such as `Europe/Zurich`, in its own letter case. Raises InvalidInput."""
    found = _time_zones().get(value.lower()) if len(value) <= _TIME_ZONE_LENGTH else None
    if found is None:
        raise InvalidInput(
            FieldError(
                pointer,
                "time-zone-unknown",
                "A time zone is a name of the IANA database such as 'Europe/Zurich' or 'UTC'. Send one.",
            )
        )
    return found


@cache
def _time_zones() -> dict[str, str]:
    """Lower-cased names to names. `localtime` and `Factory` are files of the machine, not places."""
    return {
        name.lower(): name for name in zoneinfo.available_timezones() | {"UTC"} if name not in {"localtime", "Factory"}
    }


def check_url(value: str, *, pointer: str) -> str:
    """A link that may be shown to others, such as that of a picture: http or https, at most 2048 characters.

    Refused are other schemes (`javascript:` runs in the reader's page), credentials in the link (they would be handed to
    everyone who sees it, and hide the true host) and anything but the characters of RFC 3986. Raises InvalidInput with
    `url-too-long`, `url-scheme`, `url-credentials`, `url-syntax`.
    """
    text = value.strip(" ")
    if len(text) > _URL_LENGTH:
        raise InvalidInput(
            FieldError(pointer, "url-too-long", f"A link may have at most {_URL_LENGTH} characters. Use a shorter one.")
        )
    if not _URL.fullmatch(text):
        raise InvalidInput(
            FieldError(
                pointer,
                "url-syntax",
                "A link holds ASCII characters only, without spaces: percent-encode the others, and write the host in its xn-- form.",
            )
        )
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() not in {"http", "https"} or not rest.startswith("//"):
        raise InvalidInput(
            FieldError(pointer, "url-scheme", "A link starts with https:// or http://. Send the full address.")
        )
    authority = _AUTHORITY_END.split(rest[2:], maxsplit=1)[0]
    if "@" in authority:
        raise InvalidInput(
            FieldError(
                pointer, "url-credentials", "A link may not carry a user name or password before its host. Remove them."
            )
        )
    if not _names_host(text):
        raise InvalidInput(
            FieldError(pointer, "url-syntax", "A link names a host after https://. Send the full address.")
        )
    return f"{scheme.lower()}://{authority.lower()}{rest[2 + len(authority) :]}"


def _names_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
