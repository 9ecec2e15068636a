"""How many guesses a password withstands, by zxcvbn. The only file that knows which library estimates.

Another library that counts guesses can take its place here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zxcvbn_rs_py import zxcvbn

# The estimate's time grows faster than the password: 128 characters made to be slow took 37 ms, 64 of them 14.
# What begins with 64 characters that are easy to guess is judged by them; everything else is strong long before.
_LONGEST = 64
_MOST_OWN_WORDS = 20


class Strength(NamedTuple):
    """The estimate. guesses: how many would find the password, at most 2**64 - 1. advice: how to do better, in whole sentences."""

    guesses: int
    advice: tuple[str, ...]


def estimate(password: str, own_words: Sequence[str] = ()) -> Strength:
    """How hard a password is to guess for somebody who knows the user. password: without lone surrogates. own_words: folded."""
    found = zxcvbn(password[:_LONGEST], [word[:_LONGEST] for word in own_words[:_MOST_OWN_WORDS]])
    feedback = found.feedback
    advice = () if feedback is None else (feedback.warning, *feedback.suggestions)
    return Strength(int(found.guesses), tuple(str(each) for each in advice if each is not None))
