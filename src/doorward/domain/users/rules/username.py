"""What may be a username, and when two spellings are one name.

ASCII by default; with Unicode by setting the profile UsernameCaseMapped of RFC 8265 section 3.3, in a single script.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from doorward.kernel.problem import FieldError, InvalidInput
from doorward.kernel.text import fold

if TYPE_CHECKING:
    from doorward.domain.users.settings import UsersSettings

SHORTEST: Final = 3
LONGEST: Final = 32
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")
_ALLOWED: Final = re.compile(r"[a-z0-9._-]*")
_PUNCTUATION: Final = frozenset("._-")
# jane-at-example.com, jane_at_example_dot_com; and jane.gmail.com, which readers complete with an @ themselves.
_LIKE_EMAIL: Final = re.compile(
    r".*[._-]at[._-].+(?:\.|[._-]dot[._-])[a-z]{2,}"
    r"|.*(?:^|[._-])(?:aol|gmail|gmx|googlemail|hotmail|icloud|live|mail|msn|outlook|proton|protonmail|qq|web|yahoo|yandex)\.[a-z]{2,3}"
)
# What public ids of users look like: a name in this form could stand in for somebody's id.
_LIKE_ID: Final = re.compile(r"[a-z]{3}_[0-9a-z]{26}")
# Writing systems that are by nature of several scripts (Unicode Technical Standard 39 section 5.1).
_TOGETHER: Final = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)


class Username(NamedTuple):
    """A name as it is shown, and the key that is the same for every spelling of it.

    Both are lower-cased: a name that is told apart by case in one place and not in another serves impostors. An ASCII name
    is its own key, whichever policy is set, so that the policy can change while there are users.
    """

    display: str
    key: str


class _Profile(Protocol):
    def enforce(self, value: str) -> str: ...


def check_username(text: str, settings: UsersSettings, pointer: str = "/username") -> Username:
    """The name, if the policy allows it: 3 to 32 characters, first a letter or digit, then also `.`, `_` and `-`.

    Raises InvalidInput with `username-too-short`, `username-too-long`, `username-characters`, `username-start`,
    `username-mixed-scripts`, `username-like-email`, `username-like-id`, `username-reserved`.
    """
    name = text.strip().lower()
    if not _PLAIN.fullmatch(name):
        name = _check_thoroughly(text.strip(), settings, pointer)
    if ("." in name or "dot" in name) and _LIKE_EMAIL.fullmatch(name):
        raise InvalidInput(_like_email(pointer))
    if "_" in name and _LIKE_ID.fullmatch(name):
        raise InvalidInput(
            FieldError(pointer, "username-like-id", "A username may not look like an id of ours. Choose another.")
        )
    key = name if name.isascii() else fold(name)
    if key in settings.reserved_names:
        raise InvalidInput(
            FieldError(
                pointer, "username-reserved", "This username, or one that looks like it, is reserved. Choose another."
            )
        )
    return Username(name, key)


def username_key(text: str) -> str:
    """The key of what somebody typed to be found by. It judges nothing: what is no username is simply not found."""
    return fold(text)


def _check_thoroughly(text: str, settings: UsersSettings, pointer: str) -> str:
    if len(text) > 4 * LONGEST:
        raise InvalidInput(_too_long(pointer))
    if "@" in text or "@" in unicodedata.normalize("NFKC", text):
        raise InvalidInput(_like_email(pointer))
    if settings.username_unicode:
        name = _unicode_name(text, pointer)
    else:
        name = text.lower()
        if not _ALLOWED.fullmatch(name):
            raise InvalidInput(
                FieldError(
                    pointer,
                    "username-characters",
                    "A username holds only the letters a to z, digits, '.', '_' and '-'. Leave out everything else.",
                )
            )
    if len(name) < SHORTEST:
        raise InvalidInput(
            FieldError(
                pointer, "username-too-short", f"A username has at least {SHORTEST} characters. Choose a longer one."
            )
        )
    if len(name) > LONGEST:
        raise InvalidInput(_too_long(pointer))
    if name[0] in _PUNCTUATION or unicodedata.combining(name[0]):
        raise InvalidInput(
            FieldError(
                pointer, "username-start", "A username starts with a letter or a digit. Put one before everything else."
            )
        )
    return name


def _unicode_name(text: str, pointer: str) -> str:
    try:
        name = _profile().enforce(text) if text else ""
    except ValueError:
        # PRECIS refuses spaces, symbols, controls, invisible characters and broken direction; its message repeats the input.
        raise InvalidInput(_characters(pointer)) from None
    scripts = set()
    for character in name:
        if character in _PUNCTUATION or (character.isascii() and character.isdigit()):
            continue
        if unicodedata.category(character)[0] not in "LMN":
            raise InvalidInput(_characters(pointer))
        scripts.add(_script(character))
    scripts.discard("COMBINING")
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        raise InvalidInput(
            FieldError(
                pointer,
                "username-mixed-scripts",
                "A username is written in one script: letters of two can look alike. Use letters of one script only.",
            )
        )
    return name


def _script(character: str) -> str:
    """The script of a letter, which Python's Unicode data tells only by the first word of the character's name."""
    word = unicodedata.name(character, "UNNAMED").partition(" ")[0]
    return {"ARABIC-INDIC": "ARABIC", "EXTENDED": "ARABIC", "KATAKANA-HIRAGANA": "KATAKANA", "IDEOGRAPHIC": "CJK"}.get(
        word, word
    )


@cache
def _profile() -> _Profile:
    import precis_i18n  # noqa: PLC0415 - its tables are needed only where Unicode names are allowed

    return cast("_Profile", precis_i18n.get_profile("UsernameCaseMapped"))


def _like_email(pointer: str) -> FieldError:
    return FieldError(
        pointer,
        "username-like-email",
        "A username may not read like an email address. Choose a name without @ and domain.",
    )


def _characters(pointer: str) -> FieldError:
    return FieldError(
        pointer,
        "username-characters",
        "A username holds only letters, digits, '.', '_' and '-'. Leave out everything else.",
    )


def _too_long(pointer: str) -> FieldError:
    return FieldError(
        pointer, "username-too-long", f"A username has at most {LONGEST} characters. Choose a shorter one."
    )
