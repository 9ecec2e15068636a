"""The words of every message, one file for each language; a test holds that each language has each text.

language: how a language is written down. english, german: the languages.
"""

from __future__ import annotations

from typing import Final

from doorward.domain.messages.texts.english import ENGLISH
from doorward.domain.messages.texts.german import GERMAN
from doorward.domain.messages.texts.language import Language

LANGUAGES: Final[dict[str, Language]] = {language.tag: language for language in (ENGLISH, GERMAN)}

__all__ = ["LANGUAGES", "Language"]
