"""Every message in every language: complete, escaped, and with both parts saying the same."""

from __future__ import annotations

import re
import string

import pytest

from doorward.domain.messages.render import language_for, render
from doorward.domain.messages.texts import LANGUAGES
from doorward.domain.messages.texts.english import ENGLISH

_FIELDS = string.Formatter()
_EVERY = [(tag, kind) for tag in sorted(LANGUAGES) for kind in sorted(ENGLISH.texts)]
_VALUES = {"hours": "24", "minutes": "30", "days": "7", "left": "3"}


def _places(kind: str, tag: str) -> set[str]:
    text = LANGUAGES[tag].texts[kind]
    lines = [text.subject, *text.before, *text.after]
    return {name for line in lines for _, name, _, _ in _FIELDS.parse(line) if name}


@pytest.mark.parametrize(("tag", "kind"), _EVERY)
def test_writes_each_message_in_each_language(tag: str, kind: str) -> None:
    made = render(
        kind,
        locale=tag,
        default_locale="en",
        service="Ex & Ample",
        values=_VALUES,
        facts=[("browser", "<b>Firefox</b>")],
        link="https://id.example.com/v1/links?token=t&x=1",
        code="12345678",
    )
    assert made.locale == tag
    assert "\n" not in made.subject
    assert "{" not in made.text
    assert f'<html lang="{tag}">' in made.html
    # HTML escapes what text shows as it is.
    assert "<b>Firefox</b>" in made.text
    assert "<b>Firefox</b>" not in made.html
    assert "&lt;b&gt;Firefox&lt;/b&gt;" in made.html
    for part in (made.text, made.html):
        assert "12345678" in part
    assert "https://id.example.com/v1/links?token=t&x=1" in made.text
    assert 'href="https://id.example.com/v1/links?token=t&amp;x=1"' in made.html
    assert re.search(r"(?:src|background)=|url\(|@import|<script", made.html) is None, "it loads something"


@pytest.mark.parametrize(("tag", "kind"), _EVERY)
def test_has_each_text_with_the_same_places_in_each_language(tag: str, kind: str) -> None:
    assert LANGUAGES[tag].texts.keys() == ENGLISH.texts.keys()
    assert LANGUAGES[tag].labels.keys() == ENGLISH.labels.keys()
    assert _places(kind, tag) == _places(kind, "en")
    assert (LANGUAGES[tag].texts[kind].action is None) == (ENGLISH.texts[kind].action is None)


@pytest.mark.parametrize(("tag", "kind"), _EVERY)
def test_takes_no_values_that_a_stranger_could_word(tag: str, kind: str) -> None:
    assert _places(kind, tag) <= {"service", *_VALUES}


@pytest.mark.parametrize(
    ("locale", "default", "found"),
    [("de-CH", "en", "de"), ("DE", "en", "de"), (None, "de", "de"), ("tlh", "en", "en"), ("", "en", "en")],
)
def test_finds_the_readers_language(locale: str | None, default: str, found: str) -> None:
    assert language_for(locale, default).tag == found


def test_leaves_out_what_is_not_there() -> None:
    made = render("sign_in_code", locale=None, default_locale="en", service="Us", values=_VALUES, code="1")
    assert "http" not in made.text
    assert "<a " not in made.html
    made = render("verify_email", locale=None, default_locale="en", service="Us", values=_VALUES, link="https://x")
    assert ENGLISH.code_label not in made.text
    assert ENGLISH.code_label not in made.html
