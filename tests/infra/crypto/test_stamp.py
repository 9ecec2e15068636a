"""Self-made values bound to one purpose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.infra.crypto import base64url
from doorward.infra.crypto.sealing import Sealer
from doorward.infra.crypto.tokens import Purpose, Stamper, _mac

OLD, NEW = b"o" * 32, b"n" * 32
CURSOR = Purpose("list-cursor", "cur")
LINK = Purpose("setup-link", "lnk")
STAMPER = Stamper(Sealer([NEW]))


@given(st.binary(max_size=2000))
def test_gives_back_what_it_stamped(payload):
    text = STAMPER.stamp(CURSOR, payload)
    assert text.startswith("dwcur_")
    assert STAMPER.unstamp(CURSOR, text) == payload


@given(st.binary(max_size=40), st.data())
def test_any_other_character_anywhere_is_refused(payload, draw):
    text = STAMPER.stamp(CURSOR, payload)
    place = draw.draw(st.integers(0, len(text) - 1))
    other = draw.draw(st.text(max_size=2).filter(lambda each: each != text[place]))
    assert STAMPER.unstamp(CURSOR, text[:place] + other + text[place + 1 :]) is None


@given(st.text())
def test_anything_else_is_refused(text):
    assert STAMPER.unstamp(CURSOR, text) is None
    assert STAMPER.unstamp(CURSOR, "dwcur_" + text) is None


def test_every_other_spelling_of_the_same_bytes_is_refused():
    text = STAMPER.stamp(CURSOR, b"12345678")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [each for each in alphabet if STAMPER.unstamp(CURSOR, text[:-1] + each) is not None] == [text[-1]]
    for other in (text + "=", text + "==", text + "\n", " " + text, text.replace("dwcur", "DWCUR")):
        assert STAMPER.unstamp(CURSOR, other) is None


@pytest.mark.parametrize("other", [LINK, Purpose("another-cursor", "cur"), Purpose("list-cursor", "lnk")])
def test_a_value_is_refused_for_every_other_purpose(other):
    text = STAMPER.stamp(CURSOR, b"payload")
    assert STAMPER.unstamp(other, text) is None
    assert STAMPER.unstamp(other, text.replace("dwcur_", f"dw{other.prefix}_")) is None


def test_a_value_of_an_earlier_secret_still_opens_until_that_secret_goes():
    text = Stamper(Sealer([OLD])).stamp(CURSOR, b"payload")
    assert Stamper(Sealer([NEW, OLD])).unstamp(CURSOR, text) == b"payload"
    assert Stamper(Sealer([NEW])).unstamp(CURSOR, text) is None


def test_refuses_to_stamp_what_it_would_not_read_again():
    with pytest.raises(ValueError, match="too long"):
        STAMPER.stamp(CURSOR, b"x" * 4000)
    payload = b"x" * 4000
    stamped = "dwcur_" + base64url.encode(payload + _mac(STAMPER._keys_for(CURSOR)[0], payload))
    assert STAMPER.unstamp(CURSOR, stamped) is None


@pytest.mark.parametrize("size", range(20))
def test_refuses_values_too_short_to_hold_a_proof(size):
    assert STAMPER.unstamp(CURSOR, "dwcur_" + base64url.encode(b"\0" * size)) is None


@pytest.mark.parametrize(("name", "prefix"), [("", "cur"), ("cursor", ""), ("cursor", "C"), ("cursor", "with_bar")])
def test_refuses_a_purpose_that_could_be_taken_for_another(name, prefix):
    with pytest.raises(ValueError, match="purpose"):
        Purpose(name, prefix)
