"""JSON that is read, and JSON that is refused, over the parsing suite of J. Nicolas Seriot and cases of our own."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.http.strict_json import MalformedJson, parse
from doorward.infra.strict_json import MAX_DEPTH

SUITE = (
    Path(os.environ.get("DOORWARD_VECTORS", Path(__file__).parents[2].parent / "shared" / "vectors"))
    / "json-parsing-suite.json"
)

# Well-formed by RFC 8259 but refused here, each by a rule of I-JSON (RFC 7493).
STRICTER = {
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
}


def documents() -> list[tuple[str, bytes]]:
    if not SUITE.exists():
        return []
    return [(name, base64.b64decode(text)) for name, text in json.loads(SUITE.read_text()).items()]


@pytest.mark.skipif(not SUITE.exists(), reason="the folder of test vectors is missing: set DOORWARD_VECTORS")
def test_agrees_with_the_parsing_suite():
    wrong = []
    for name, body in documents():
        try:
            parse(body)
            accepted = True
        except MalformedJson:
            accepted = False
        if (name.startswith("y_") and accepted == (name in STRICTER)) or (name.startswith("n_") and accepted):
            wrong.append(name)
    assert len(documents()) > 300
    assert wrong == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": NaN}', "syntax"),
        (b"[Infinity]", "syntax"),
        (b"[-Infinity]", "syntax"),
        (b"[1e999]", "too large"),
        (b"[-1e999]", "too large"),
        (b'["\\ud800"]', "surrogate"),
        (b'["\xed\xa0\x80"]', "UTF-8"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b'{"a": 1} x', "follows"),
        (b'{"a": 1}{"a": 1}', "follows"),
        (b'{"a": 1, "a": 1}', "byte 9"),
        (b'{"b": {"a": ":", "\\u0061": 1}}', "byte 17"),
        (b'[{"a": 1}, {"c": 2, "c": []}]', "byte 20"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "deep"),
        (b"[" * 10_000 + b"]" * 10_000, "deep"),
        (b"[" * 100_000, "deep"),
    ],
)
def test_refuses_what_can_be_read_in_two_ways(body, word):
    with pytest.raises(MalformedJson) as caught:
        parse(body)
    assert word in caught.value.detail
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_reads_documents_up_to_the_deepest_level():
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert parse(b'{"a": [":", {"b": "\\":"}], "c": {"a": "{\\"a\\":1}"}}') == {
        "a": [":", {"b": '":'}],
        "c": {"a": '{"a":1}'},
    }


def test_never_repeats_what_it_was_sent():
    for body in (b'{"hunter2": hunter2}', b'{"hunter2": 1, "hunter2": 2}', b'"hunter2', b"hunter2"):
        with pytest.raises(MalformedJson) as caught:
            parse(body)
        assert "hunter2" not in caught.value.detail


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_reads_back_whatever_json_can_say(value):
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@given(st.binary(max_size=64))
def test_answers_any_bytes_with_a_value_or_a_problem(body):
    try:
        parse(body)
    except MalformedJson as problem:
        assert problem.detail  # noqa: PT017 - either outcome is right
