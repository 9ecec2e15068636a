"""Strict base64url."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.infra.crypto import base64url


@given(st.binary())
def test_is_the_standard_encoding_both_ways(data):
    text = base64url.encode(data)
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert base64url.decode(text) == data


@given(st.text(alphabet="ABab01-_+/= \n.é"))
def test_reads_nothing_that_it_would_write_otherwise(text):
    try:
        data = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(data) == text


@pytest.mark.parametrize("text", ["A", "AB", "AAA=", "AA==", "=", "A A", "AA\n", "++++", "////", "AAé", "AAAAA"])
def test_refuses_every_other_spelling(text):
    with pytest.raises(ValueError):
        base64url.decode(text)
