"""Encryption at rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.infra.crypto.sealing import SealBroken, Sealer

OLD, NEW = b"o" * 32, b"n" * 32
DERIVED = "7775e033812fd9692a4f41052d6aad70884e43d81ff38e97208f75181b374497"
SEALED = "01ca08472eeaff6126425a3a8536f8689243d6b4f8afd1759a66d30ab032b4c142c6486dc8"


@given(st.binary(), st.binary(), st.text(min_size=1))
def test_opens_what_it_sealed(data, context, purpose):
    sealer = Sealer([NEW])
    sealed = sealer.seal(purpose, data, context=context)
    assert sealer.open_sealed(purpose, sealed, context=context) == data


@given(st.binary(max_size=64), st.data())
def test_damage_to_any_bit_is_refused(data, draw):
    sealer = Sealer([NEW, OLD])
    sealed = bytearray(sealer.seal("totp", data, context=b"row"))
    bit = draw.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        sealer.open_sealed("totp", bytes(sealed), context=b"row")


@given(st.data())
def test_a_value_cut_short_is_refused(draw):
    sealer = Sealer([NEW])
    sealed = sealer.seal("totp", b"data", context=b"row")
    with pytest.raises(SealBroken):
        sealer.open_sealed("totp", sealed[: draw.draw(st.integers(0, len(sealed) - 1))], context=b"row")


@pytest.mark.parametrize(("purpose", "context"), [("totp", b"row 2"), ("signing-key", b"row 1"), ("totp", b"")])
def test_a_value_does_not_open_for_another_purpose_or_in_another_row(purpose, context):
    sealer = Sealer([NEW])
    sealed = sealer.seal("totp", b"data", context=b"row 1")
    with pytest.raises(SealBroken):
        sealer.open_sealed(purpose, sealed, context=context)


def test_the_first_secret_seals_and_all_open():
    sealed_before = Sealer([OLD]).seal("totp", b"data", context=b"row")
    rotated = Sealer([NEW, OLD])
    assert rotated.open_sealed("totp", sealed_before, context=b"row") == b"data"
    sealed_after = rotated.seal("totp", b"data", context=b"row")
    assert Sealer([NEW]).open_sealed("totp", sealed_after, context=b"row") == b"data"
    with pytest.raises(SealBroken, match="not configured"):
        Sealer([OLD]).open_sealed("totp", sealed_after, context=b"row")


def test_sealing_twice_shows_nothing_in_common():
    sealer = Sealer([NEW])
    first, second = (sealer.seal("totp", b"data", context=b"row") for _ in range(2))
    assert first[5:] != second[5:]
    assert b"data" not in first


def test_no_nonce_comes_twice():
    sealed = Sealer([NEW]).seal_many("test", [(b"", n.to_bytes(4, "big")) for n in range(200_000)])
    assert len({each[5:17] for each in sealed}) == 200_000


def test_a_failure_names_the_purpose_and_never_the_data():
    sealer = Sealer([NEW])
    with pytest.raises(SealBroken) as broken:
        sealer.open_sealed("totp", b"\x01" + b"secret" * 10, context=b"row")
    assert "totp" in str(broken.value)
    assert "secretsecret" not in str(broken.value)
    assert "nnnn" not in repr(sealer)


@pytest.mark.parametrize("secrets", [[], [b""], [b"x" * 31], [NEW, b"short"]])
def test_refuses_missing_and_short_secrets(secrets):
    with pytest.raises(ValueError, match="secret"):
        Sealer(secrets)


def test_derived_keys_differ_by_purpose_and_secret_and_stay_the_same():
    sealer = Sealer([NEW, OLD])
    keys = {sealer.derive("cursor"), sealer.derive("link"), Sealer([OLD]).derive("cursor")}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
    assert sealer.derive("cursor") == Sealer([NEW]).derive("cursor")
    assert sealer.derive_all("cursor") == (Sealer([NEW]).derive("cursor"), Sealer([OLD]).derive("cursor"))


def test_the_derivation_is_the_same_in_every_version():
    # Values in databases depend on these bytes; computed with HKDF-SHA256 by hand.
    assert Sealer([NEW]).derive("cursor").hex() == DERIVED
    sealed = bytes.fromhex(SEALED)
    assert Sealer([NEW]).open_sealed("totp", sealed, context=b"row") == b"data"


@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=64), st.binary(max_size=16)), max_size=20))
def test_seals_many_as_it_seals_one(values):
    sealer = Sealer([NEW, OLD])
    sealed = sealer.seal_many("totp", values)
    opened = [
        sealer.open_sealed("totp", each, context=context) for each, (_, context) in zip(sealed, values, strict=True)
    ]
    assert opened == [data for data, _ in values]
    assert len({each[5:17] for each in sealed}) == len(values), "a nonce was used twice"
