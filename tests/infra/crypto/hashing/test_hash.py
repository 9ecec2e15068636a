"""Making password hashes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from doorward.infra.crypto.hashing import HashingSettings, PasswordHasher, PasswordTooLongForScheme

CHEAP = {"argon2_memory_kib": 64, "argon2_time": 1, "bcrypt_cost": 4}


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=200), st.text(max_size=5))
def test_a_hash_verifies_its_password_and_no_longer_one(password, more):
    hasher = PasswordHasher(HashingSettings(**CHEAP))
    encoded = hasher.hash(password)
    assert hasher.verify(password, encoded)
    assert not hasher.verify(password + "x" + more, encoded)


@pytest.mark.parametrize("password", ["", "\x00", "a\x00b", "\ud800", " spaces ", "🔑" * 100])
def test_takes_every_text_as_a_password(password):
    hasher = PasswordHasher(HashingSettings(**CHEAP))
    assert hasher.verify(password, hasher.hash(password))


def test_hashes_by_argon2id_at_the_recommended_cost_unless_told_otherwise():
    assert PasswordHasher(HashingSettings()).hash("correct horse").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_same_password_never_gives_the_same_hash():
    hasher = PasswordHasher(HashingSettings(**CHEAP))
    assert hasher.hash("correct horse") != hasher.hash("correct horse")


def test_hashes_by_bcrypt_when_set():
    hasher = PasswordHasher(HashingSettings(scheme="bcrypt", **CHEAP))
    encoded = hasher.hash("correct horse")
    assert encoded.startswith("$2b$04$")
    assert hasher.judge("correct horse", encoded) == (True, False)


def test_bcrypt_refuses_what_it_would_cut():
    hasher = PasswordHasher(HashingSettings(scheme="bcrypt", **CHEAP))
    assert hasher.verify("é" * 36, hasher.hash("é" * 36))
    with pytest.raises(PasswordTooLongForScheme) as refused:
        hasher.hash("é" * 36 + "x")
    assert refused.value.facts == {"limit": 72, "unit": "bytes"}
    assert refused.value.kind.status == 422
    assert "é" not in str(refused.value.document(instance="/", request_id=""))


def test_two_passwords_that_differ_after_72_bytes_do_not_collide():
    hasher = PasswordHasher(HashingSettings(**CHEAP))
    assert not hasher.verify("a" * 72 + "b", hasher.hash("a" * 72 + "c"))


def test_a_password_too_long_for_bcrypt_still_signs_in_with_its_old_hash():
    encoded = PasswordHasher(HashingSettings(**CHEAP)).hash("a" * 100)
    assert PasswordHasher(HashingSettings(scheme="bcrypt", **CHEAP)).judge("a" * 100, encoded) == (True, False)


def test_refuses_an_endless_password():
    with pytest.raises(PasswordTooLongForScheme):
        PasswordHasher(HashingSettings(**CHEAP)).hash("a" * 4097)


@pytest.mark.parametrize(
    "change",
    [{"argon2_memory_kib": 128}, {"argon2_time": 2}, {"argon2_parallelism": 2}, {"scheme": "bcrypt"}],
)
def test_wants_a_new_hash_when_a_setting_changed(change):
    encoded = PasswordHasher(HashingSettings(**CHEAP)).hash("correct horse")
    assert PasswordHasher(HashingSettings(**CHEAP)).judge("correct horse", encoded) == (True, False)
    assert PasswordHasher(HashingSettings(**{**CHEAP, **change})).judge("correct horse", encoded) == (True, True)


@pytest.mark.parametrize(
    "settings",
    [
        {"argon2_memory_kib": 1048577},
        {"argon2_memory_kib": 1048576, "argon2_time": 5},
        {"argon2_memory_kib": 31, "argon2_parallelism": 4},
        {"bcrypt_cost": 3},
        {"scheme": "md5"},
        {"threads": 0},
        {"unknown": 1},
    ],
)
def test_refuses_settings_whose_hashes_could_not_be_verified(settings):
    with pytest.raises(ValidationError):
        HashingSettings(**settings)


def test_every_setting_describes_itself():
    assert all(each.description for each in HashingSettings.model_fields.values())
