"""Which passwords may be chosen: the policies of `settings`, checked when a password is set (NIST SP 800-63B-4 section 3.1.1).

Characters are code points after NFKC, as they are hashed. Nothing is ever cut off. No refusal holds any of the password.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from doorward.domain.methods.password.common_passwords import COMMON
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.methods.password.strength import estimate
from doorward.kernel.problem import FieldError, InvalidInput
from doorward.kernel.text import fold

LONGEST: Final = 128
_BALANCED_SHORTEST: Final = 8
_NIST_SHORTEST_ALONE: Final = 15
_NIST_SHORTEST_WITH_SECOND_FACTOR: Final = 8
# Where zxcvbn's score of 3 begins, without the 5 guesses it adds: eight random characters count as 10**8 + 1 guesses, and with
# those 5 no password of the shortest length would ever do.
_ENOUGH_GUESSES: Final = 10**8
# What a list of the most used passwords and their usual variations finds. Beyond it a password is weak, not common.
_COMMON_GUESSES: Final = 100_000
# The user's own words shorter than this turn up in other words by chance.
_SHORTEST_OWN_WORD: Final = 4
_NOT_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")
_NOT_WORD: Final = re.compile(r"[\W_]+")


def shortest(settings: PasswordSettings, *, second_factor_required: bool = False) -> int:
    """The fewest characters that the policy takes, for forms and the documentation of the service.

    second_factor_required: whether this user can never sign in by the password alone.
    """
    if settings.policy == "composition":
        return settings.composition_min_length
    if settings.policy == "nist":
        return _NIST_SHORTEST_WITH_SECOND_FACTOR if second_factor_required else _NIST_SHORTEST_ALONE
    return _BALANCED_SHORTEST


def check_password(
    password: str,
    settings: PasswordSettings,
    *,
    personal: Sequence[str] = (),
    second_factor_required: bool = False,
    pointer: str = "/password",
) -> None:
    """Refuses a password that the policy does not take. It costs some tenths of a millisecond, and up to fifteen for one made to be slow.

    personal: what others know of the user, such as email addresses, username and name. second_factor_required: whether
    this user can never sign in by the password alone.
    Raises InvalidInput with `password-characters`, `password-too-short`, `password-too-long`, `password-needs-lower`,
    `password-needs-upper`, `password-needs-digit`, `password-needs-symbol`, `password-similar`, `password-common`,
    `password-weak`.
    """
    # Before anything else, because normalizing is work: composing makes at most one character of four.
    if len(password) > 4 * LONGEST:
        raise InvalidInput(_too_long(pointer))
    if _NOT_TEXT.search(password):
        raise InvalidInput(
            FieldError(
                pointer,
                "password-characters",
                "A password may hold any character except NUL and halves of surrogate pairs. Remove them.",
            )
        )
    text = unicodedata.normalize("NFKC", password)
    errors = [*_check_length(text, shortest(settings, second_factor_required=second_factor_required), pointer)]
    if settings.policy == "composition":
        errors += _check_classes(text, settings, pointer)
    if errors:
        raise InvalidInput(*errors)

    own_words = _own_words(personal)
    core = _core(text)
    if core in own_words or (settings.policy == "balanced" and _is_built_on(core, own_words)):
        raise InvalidInput(
            FieldError(
                pointer,
                "password-similar",
                "This password is made of your name, username or email address. Choose one that has nothing to do with you.",
            )
        )
    strength = estimate(text, own_words)
    if core in COMMON or strength.guesses < _COMMON_GUESSES:
        raise InvalidInput(
            FieldError(
                pointer,
                "password-common",
                "This password, or one nearly like it, is among those that attackers try first. Choose several unrelated words, or let a password manager make one.",
            )
        )
    if settings.policy == "balanced" and strength.guesses < _ENOUGH_GUESSES:
        advice = " ".join(strength.advice) or "Add another word or two."
        raise InvalidInput(FieldError(pointer, "password-weak", f"This password is too easy to guess. {advice}"))


def _check_length(text: str, fewest: int, pointer: str) -> list[FieldError]:
    if len(text) < fewest:
        return [
            FieldError(
                pointer,
                "password-too-short",
                f"A password has at least {fewest} characters here. Choose a longer one: several words are easy to remember.",
            )
        ]
    return [_too_long(pointer)] if len(text) > LONGEST else []


def _check_classes(text: str, settings: PasswordSettings, pointer: str) -> list[FieldError]:
    classes = (
        (settings.composition_lower, any(map(str.islower, text)), "lower", "a lower-case letter"),
        (settings.composition_upper, any(map(str.isupper, text)), "upper", "an upper-case letter"),
        (settings.composition_digit, any(map(str.isdecimal, text)), "digit", "a digit"),
        (settings.composition_symbol, any(map(_is_symbol, text)), "symbol", "a punctuation mark or symbol"),
    )
    return [
        FieldError(pointer, f"password-needs-{name}", f"A password needs {words} here. Add one.")
        for required, present, name, words in classes
        if required and not present
    ]


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _core(text: str) -> str:
    """The letters and digits of a text, folded."""
    return _NOT_WORD.sub("", fold(text))


def _own_words(personal: Sequence[str]) -> list[str]:
    """The user's data whole and in words, longest first."""
    words = set()
    for each in personal:
        text = _NOT_TEXT.sub("", each)[:LONGEST]
        words.add(_core(text))
        words.add(_core(text.partition("@")[0]))
        words.update(_NOT_WORD.split(fold(text)))
    return sorted((word for word in words if len(word) >= _SHORTEST_OWN_WORD), key=lambda word: (-len(word), word))


def _is_built_on(core: str, own_words: list[str]) -> bool:
    """Whether too little is left of a password without the user's own words, written forwards or backwards."""
    rest = core
    for word in own_words:
        rest = rest.replace(word, "").replace(word[::-1], "")
    return rest != core and len(rest) < _BALANCED_SHORTEST


def _too_long(pointer: str) -> FieldError:
    return FieldError(
        pointer, "password-too-long", f"A password has at most {LONGEST} characters here. Choose a shorter one."
    )
