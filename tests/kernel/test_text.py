"""Folding and checking of human text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.kernel.problem import FieldError, InvalidInput
from doorward.kernel.text import (
    check_line,
    check_locale,
    check_time_zone,
    check_url,
    collecting,
    fold,
)

anything = st.text(st.characters(), max_size=60)


def codes(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [error.code for error in refused.value.errors]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane", "jANE"),
        ("caf\u00e9", "cafe\u0301"),
        ("\uff2a\uff41\uff4e\uff45", "jane"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"),
        ("\ufb01n", "FIN"),
        ("  jane ", "jane"),
        ("\u3000jane", "jane"),
    ],
)
def test_folds_spellings_of_one_text_together(one, other):
    assert fold(one) == fold(other)


def test_folds_different_texts_apart():
    assert fold("jane") != fold("jan\u00e9")


@given(anything)
@settings(deadline=None)
def test_folds_what_is_folded_to_itself(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(deadline=None)
def test_folds_every_unicode_form_alike(text):
    assert len({fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")}) == 1


@pytest.mark.parametrize(
    "line",
    [
        "Jane Doe",
        "Zo\u00eb O'Brien-Mu\u00f1oz",
        "\u5c71\u7530 \u592a\u90ce",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian needs the joiner
        "\u0d9a\u0dca\u200d\u0dba",  # so does Sinhala
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    ],
)
def test_takes_names_as_they_are_written(line):
    assert check_line(line, pointer="/name") == line


def test_trims_composes_and_mends_spaces():
    assert check_line(" Jose\u0301\u00a0Luis\u3000", pointer="/name") == "Jos\u00e9 Luis"


@pytest.mark.parametrize(
    "hidden", ["\x00", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\ud800", "\u2028", "\u2029", "\uffff", "\ufdd0"]
)
def test_refuses_what_breaks_a_line_or_cannot_be_stored(hidden):
    with pytest.raises(InvalidInput) as refused:
        check_line(f"Jane{hidden}Doe", pointer="/name")
    assert codes(refused) == ["text-control-character"]
    assert refused.value.errors[0].pointer == "/name"


@pytest.mark.parametrize(
    "hidden",
    ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\u2060", "\u00ad", "\u200d", "\u3164", "\u115f", "\U000e0041"],
)
def test_refuses_what_cannot_be_seen(hidden):
    with pytest.raises(InvalidInput) as refused:
        check_line(f"Jane{hidden}Doe", pointer="/name")
    assert codes(refused) == ["text-invisible-character"]


def test_refuses_a_joiner_with_nothing_to_join():
    with pytest.raises(InvalidInput):
        check_line("\u0645\u06cc\u200c", pointer="/name")
    with pytest.raises(InvalidInput):
        check_line("\u0645\u200c\u200c\u0645", pointer="/name")


def test_counts_a_line_in_code_points_after_trimming():
    assert check_line(" " + "\u00e9" * 5 + " ", pointer="/name", max_length=5) == "\u00e9" * 5
    with pytest.raises(InvalidInput) as refused:
        check_line("\u00e9" * 6, pointer="/name", max_length=5)
    assert codes(refused) == ["text-too-long"]


@pytest.mark.parametrize("line", ["", "   ", "\u3000"])
def test_refuses_an_empty_line(line):
    with pytest.raises(InvalidInput) as refused:
        check_line(line, pointer="/name")
    assert codes(refused) == ["text-too-short"]


def test_refuses_a_huge_line_without_reading_it():
    with pytest.raises(InvalidInput) as refused:
        check_line("\ufdfa" * 10_000_000, pointer="/name")
    assert codes(refused) == ["text-too-long"]


@given(anything)
@settings(deadline=None)
def test_gives_back_an_accepted_line_unchanged(text):
    try:
        line = check_line(text, pointer="/name")
    except InvalidInput:
        return
    assert check_line(line, pointer="/name") == line
    line.encode()


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("en", "en"),
        ("DE-ch", "de-CH"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("de-1996", "de-1996"),
        ("en-US-u-ca-gregory", "en-US-u-ca-gregory"),
        ("gsw-x-Bern", "gsw-x-bern"),
    ],
)
def test_writes_a_locale_in_its_canonical_case(written, canonical):
    assert check_locale(written) == canonical


@pytest.mark.parametrize(
    "written", ["", "e", "en_US", "en-", "-en", "12", "en-US\n", "en US", "d\u00e9", "en-" + "x-abcdefgh-" * 9 + "a"]
)
def test_refuses_what_is_no_language_tag(written):
    with pytest.raises(InvalidInput) as refused:
        check_locale(written)
    assert codes(refused) == ["locale-syntax"]


def test_knows_time_zones_by_any_case():
    assert check_time_zone("europe/ZURICH") == "Europe/Zurich"
    assert check_time_zone("UTC") == "UTC"


@pytest.mark.parametrize("name", ["", "Mars/Phobos", "../../etc/passwd", "localtime", "Europe/Zurich\x00", "x" * 1000])
def test_refuses_an_unknown_time_zone(name):
    with pytest.raises(InvalidInput) as refused:
        check_time_zone(name)
    assert codes(refused) == ["time-zone-unknown"]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("https://Example.COM/A.png?x=1#f", "https://example.com/A.png?x=1#f"),
        (" HTTP://example.com:8080 ", "http://example.com:8080"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
        ("https://example.com/@jane", "https://example.com/@jane"),
        ("https://example.com?next=a@b", "https://example.com?next=a@b"),
    ],
)
def test_takes_a_link(written, stored):
    assert check_url(written, pointer="/picture_url") == stored


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("javascript:alert(1)", "url-scheme"),
        ("JavaScript://example.com/%0aalert(1)", "url-scheme"),
        ("data:text/html,x", "url-scheme"),
        ("//example.com/a", "url-scheme"),
        ("/a.png", "url-scheme"),
        ("https:example.com", "url-scheme"),
        ("", "url-syntax"),
        ("java\nscript:alert(1)", "url-syntax"),
        ("https://exa mple.com", "url-syntax"),
        ("https://example.com\\@evil.example", "url-syntax"),
        ("https://b\u00fccher.example", "url-syntax"),
        ("https:///a", "url-syntax"),
        ("https://:80/a", "url-syntax"),
        ("https://[::1", "url-syntax"),
        ("https://example.com:99999/", "url-syntax"),
        ("https://jane:secret@example.com/", "url-credentials"),
        ("https://example.com@evil.example/", "url-credentials"),
        ("https://example.com/" + "a" * 2048, "url-too-long"),
    ],
)
def test_refuses_a_link_that_harms_its_readers(written, code):
    with pytest.raises(InvalidInput) as refused:
        check_url(written, pointer="/picture_url")
    assert codes(refused) == [code]


def test_reports_all_fields_together():
    with pytest.raises(InvalidInput) as refused, collecting() as errors:
        errors.check(check_line, "", pointer="/name")
        errors.check(check_locale, "x", pointer="/locale")
        errors.add(FieldError("/age", "age-too-low", "Be older."))
    assert [error.pointer for error in refused.value.errors] == ["/name", "/locale", "/age"]


def test_keeps_what_was_found_when_the_block_itself_refuses():
    with pytest.raises(InvalidInput) as refused, collecting() as errors:
        errors.check(check_locale, "x")
        check_time_zone("x")
    assert [error.pointer for error in refused.value.errors] == ["/locale", "/time_zone"]


def test_hands_on_values_when_nothing_is_wrong():
    with collecting() as errors:
        name = errors.check(check_line, " Jane ", pointer="/name")
    assert name == "Jane"


def test_does_not_hide_a_mistake_of_ours():
    with pytest.raises(ZeroDivisionError), collecting() as errors:
        errors.check(check_locale, "x")
        _ = 1 / 0
