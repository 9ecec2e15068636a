"""Reading files as they come: every broken line is a record with a reason, and none ends the reading."""

from __future__ import annotations

import pytest

from doorward.domain.transfer.read import UnusableFile
from tests.domain.transfer.conftest import reader_of


def read(text: str | bytes, **how: object) -> list[tuple[int, object]]:
    """By line: the values, or the code of what is wrong."""
    return [
        (record.line, record.broken.code if record.broken else dict(record.values)) for record in reader_of(text, **how)
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_finds_the_delimiter_in_the_header(delimiter: str) -> None:
    text = f"email{delimiter}name\na@example.com{delimiter}Ada\n"
    assert read(text) == [(2, {"email": "a@example.com", "name": "Ada"})]


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_reads_with_and_without_mark_and_line_ends(ending: str) -> None:
    for mark in ("", "\ufeff"):
        text = f"{mark}email,name{ending or chr(10)}a@example.com,Zoë{ending}"
        assert read(text) == [(2, {"email": "a@example.com", "name": "Zoë"})]


def test_counts_lines_over_quoted_line_breaks_and_empty_lines() -> None:
    text = 'email,name\na@example.com,"two\nlines"\n\nb@example.com,"say ""hi"""\n'
    assert read(text) == [
        (2, {"email": "a@example.com", "name": "two\nlines"}),
        (5, {"email": "b@example.com", "name": 'say "hi"'}),
    ]


def test_goes_on_after_broken_lines() -> None:
    text = (
        b'email,name\na@example.com\nb@example.com,B,more\nc@example.com,"C"x\nd@example.com,\xff\n'
        b"e@example.com," + b"x" * 200_000 + b"\nf@example.com,\0\ng@example.com,G\n"
    )
    found = read(text)
    assert [code for _, code in found[:5]] == [
        "fields-count", "fields-count", "quotation-marks", "not-utf-8", "field-too-large",
    ]  # fmt: skip
    assert [line for line, _ in found] == [2, 3, 4, 5, 6, 7, 8]
    assert found[-1] == (8, {"email": "g@example.com", "name": "G"})


def test_survives_a_quotation_mark_that_is_never_closed() -> None:
    text = 'email,name\na@example.com,"open\n' + "b@example.com,B\n" * 20_000
    found = read(text)
    assert found[0] == (2, "field-too-large")
    assert found[-1][1] == {"email": "b@example.com", "name": "B"}


def test_takes_a_line_without_end_in_pieces() -> None:
    found = read("email\n" + "x" * 5_000_000 + "\na@example.com\n")
    assert found[-1][1] == {"email": "a@example.com"}
    assert {code for _, code in found[:-1]} <= {"field-too-large", "fields-count"}


def test_reads_json_lines_and_goes_on_after_broken_ones() -> None:
    text = b'{"email": "a@example.com", "name": null, "roles": ["support"]}\n{broken\n[]\n\n{"email": "\xff"}\n'
    text += (
        b'{"email": "b@example.com", "nickname": "B"}\n{"x": "' + b"x" * 2_000_000 + b'"}\n{"email": "c@example.com"}'
    )
    assert read(text, kind="jsonl") == [
        (1, {"email": "a@example.com", "roles": ["support"]}),
        (2, "not-json"),
        (3, "not-json"),
        (5, "not-utf-8"),
        (6, "column-unknown"),
        (7, "line-too-long"),
        (8, {"email": "c@example.com"}),
    ]


def test_maps_columns_and_passes_over_others() -> None:
    text = "E-Mail,Full Name,Shoe size\na@example.com,Ada,38\n"
    mapping = {"E-Mail": "email", "Full Name": "name"}
    assert read(text, mapping=mapping, ignore_unknown=True) == [(2, {"email": "a@example.com", "name": "Ada"})]
    with pytest.raises(UnusableFile, match="'Shoe size' is not known"):
        reader_of(text, mapping=mapping)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no header"),
        ("e-mail\nx\n", "'email'"),
        ("email,usrname\n", "Did you mean 'username'"),
        ("email,EMAIL\n", "Two columns mean 'email'"),
        ("email,password\n", "--hash-passwords"),
        ("name\nAda\n", "No column is named 'email'"),
        ("email\na@example.com\n".encode("utf-16"), "not text in UTF-8"),
    ],
)
def test_says_at_once_what_is_wrong_with_the_header(text: str | bytes, says: str) -> None:
    with pytest.raises(UnusableFile) as refused:
        reader_of(text)
    assert says in str(refused.value)


def test_shows_no_data_of_a_file_without_header() -> None:
    with pytest.raises(UnusableFile) as refused:
        reader_of("ada@example.com,Ada\nbob@example.com,Bob\n")
    assert "ada@" not in str(refused.value)


def test_takes_what_a_file_of_rejects_adds_for_nothing() -> None:
    text = "email,line,field,code,reason\na@example.com,7,email,email-syntax,What was wrong\n"
    assert read(text) == [(2, {"email": "a@example.com"})]


def test_skips_to_where_an_import_was() -> None:
    reader = reader_of("email\n" + "".join(f"p{number}@example.com\n" for number in range(10)))
    reader.skip(7)
    assert [record.values["email"] for record in reader] == [f"p{number}@example.com" for number in (7, 8, 9)]
