"""Verifying stored hashes. The samples were made by the products themselves, of one password, at low cost."""

from __future__ import annotations

import hashlib
import unicodedata

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.infra.crypto.hashing import HashingSettings, PasswordHasher
from doorward.infra.crypto.hashing.formats import argon2, limits
from doorward.infra.crypto.hashing.formats.stored import is_sound_digest, is_sound_unpadded, unpadded_base64

PASSWORD = "lètmein 🔑"
SAMPLES = [
    ("django-pbkdf2-sha256", "pbkdf2_sha256$1000$TG7vNjHPG6PlFK8V9sC3oN$dHLJh02FSrcAm8sxJ+zlmFh2g8rMCVJkufNLqfejifo="),
    ("django-pbkdf2-sha1", "pbkdf2_sha1$1000$P1VIsy5MHR4LaAar8KFZp3$sKt288oJmZeBX1Q9Dg5LECDRmBo="),
    (
        "django-argon2id",
        "argon2$argon2id$v=19$m=1024,t=1,p=2$NThkamZBZkl0UnhMY2NCZTBmNGY1eA$SYWSA8CKs5y280kbGyOBBdNqxCNVC2W/s80S+7/hUWA",
    ),
    ("django-bcrypt-sha256", "bcrypt_sha256$$2b$04$nAKxi8u88sSBzRpVfXTVUeZL3azb8iBI2gxn5PHldfKOm1mQuvR7q"),
    ("django-bcrypt", "bcrypt$$2b$04$lBSpfOkd7fZR5TMjVZfRXu.lkIaZeyKx/KyfO/NsxqUfKrpKW.BbG"),
    (
        "django-scrypt",
        "scrypt$1024$no9QDEq7HsvEelRACA81uv$8$5$On8CFty1VlqoZsC8vpHtyP3iWGCwLtgzf8G1vJNNhQWm+01Vj3wbLZNeXAfUCO7U5cRgY/0jUovLKf3BAOzKbA==",
    ),
    ("pbkdf2-sha256", "$pbkdf2-sha256$1000$43wPIeTc.1/LWes9Z.wdYw$jo4issoB/.ogRafjg.Aiv2nOfybet0osRVa9YyDxYTc"),
    (
        "pbkdf2-sha512",
        "$pbkdf2-sha512$1000$BuBcizEGoFQq5XyPsXZubQ$O6ln6RbDnqWKnBpyqEU75YbJuHd1onujjCwgx1oOKXK.JkSicN.KG5OZp8QiOwyl8aySkwzPE9ULuv01vrmKGQ",
    ),
    ("pbkdf2-sha1", "$pbkdf2$1000$jDFG6D0npNRa6/2f814L4Q$KvtAH3GD77.tESQOSgAuK8AsBrM"),
    ("scrypt", "$scrypt$ln=10,r=8,p=1$1hoDAEBoTal1jtF6rxXivA$jXR1W2QQbopzFFKwlxCroKg7Gt/d31WrY/q8dPHZ9Tk"),
    (
        "pbkdf2-sha256",
        "pbkdf2:sha256:1000$BtmwnlTr4SQM4myQ$6c7a95d4d6b6af365a37702f53ccf3784dfa6939d2b6ff92021566e2d2e66fd2",
    ),
    (
        "scrypt",
        "scrypt:1024:8:1$Hyj3rDv42L4TU78U$46165d65f66dc6de0d786df8bf9e4e84f46fa228e0f95a78519be94c7fa347448bb93bd3c47a2b8f608c7d46f56004f8fc026dc8d405c3993d0a15ab81b76da7",
    ),
    (
        "pbkdf2-sha512",
        "pbkdf2:sha512:1000$mdefzOZ7w0CVlGOK$40a66871487ee2cf34e78ccca21ed9798ead53dbb34deb2207e44d11fb17e67e1ba7fb700fec740806af49750577dab0899d94f12a8bc621f49db98c422cb880",
    ),
    ("argon2id", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs"),
    ("argon2i", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$ZRrrMPIlbtV6dkW81g7QLBzZrNTUU7i/jz/GKLE4IA8"),
    ("argon2d", "$argon2d$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$rFf6j50ZhC1iu7QcUkazEEND7hQ1OGkvs5yFIFQ9eh0"),
    ("argon2id", "$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$8Yd+BVgd466m1TaSHvAVNcTdQfo4wzuyhKNai4fTjy8"),
    ("bcrypt", "$2a$04$MX2ShRXyIFRxgNPp9K0ZM.EXM2NJITSJSVm7sERujagrAz01K4ade"),
    ("bcrypt", "$2b$04$MX2ShRXyIFRxgNPp9K0ZM.EXM2NJITSJSVm7sERujagrAz01K4ade"),
    ("bcrypt", "$2y$04$MX2ShRXyIFRxgNPp9K0ZM.EXM2NJITSJSVm7sERujagrAz01K4ade"),
]
DAMAGED = [
    "",
    "$",
    "plain text",
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "!unusable",
    "$argon2id$",
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$",
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$AA",
    "$argon2id$v=20$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs",
    "$argon2id$v=19$m=4,t=1,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs",
    "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs",
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs\n",
    "$argon2id$v=19$m=٦٤,t=1,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs",
    "$2b$03$aB381Q3ba.HneBphv/Ym0eq9lt4XJjmsAud.sHj5AE6pixo8XFRle",
    "$2x$04$aB381Q3ba.HneBphv/Ym0eq9lt4XJjmsAud.sHj5AE6pixo8XFRle",
    "$2b$04$short",
    "bcrypt$$2b$04$short",
    "bcrypt_sha256$",
    "argon2$",
    "pbkdf2_sha256$1000$salt$AA==",
    "pbkdf2_sha256$1000$salt$not base64",
    "pbkdf2_sha256$0$salt$J1Do80VnfTFGbXtieC9F94G7Rdwtm07i376Z7FRCtMQ=",
    "pbkdf2_md5$1000$salt$J1Do80VnfTFGbXtieC9F94G7Rdwtm07i376Z7FRCtMQ=",
    "$pbkdf2-sha256$1000$x$d2sHimth9TPL7GnUJD1.xj/v49m.AwpEEOVDNtBbE8I",
    "pbkdf2:sha256:1000$salt$00",
    "scrypt:1000:8:1$salt$" + "00" * 64,
    "scrypt:1024:8:1$salt$" + "0" * 127,
    "$scrypt$ln=10,r=8,p=1$8n6vlVLK2TtnTEnpvZfS+g$qw",
    "x" * 100_000,
    "\ud800",
    "$2b$04$\x00",
]
ABSURD = [
    "$argon2id$v=19$m=1048577,t=1,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs",
    "$argon2id$v=19$m=1048576,t=5,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs",
    "$argon2id$v=19$m=64,t=99999999,p=1$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs",
    "$argon2id$v=19$m=65536,t=1,p=999$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs",
    "$2b$31$aB381Q3ba.HneBphv/Ym0eq9lt4XJjmsAud.sHj5AE6pixo8XFRle",
    "bcrypt_sha256$$2b$17$aB381Q3ba.HneBphv/Ym0eq9lt4XJjmsAud.sHj5AE6pixo8XFRle",
    "pbkdf2_sha256$5000001$salt$J1Do80VnfTFGbXtieC9F94G7Rdwtm07i376Z7FRCtMQ=",
    "$pbkdf2-sha256$99999999$jvG.t3aO8d77n3OOEUJozQ$d2sHimth9TPL7GnUJD1.xj/v49m.AwpEEOVDNtBbE8I",
    "pbkdf2:sha256:9999999$salt$" + "00" * 32,
    "scrypt:1073741824:8:1$salt$" + "00" * 64,
    "scrypt:16384:1024:1$salt$" + "00" * 64,
    "scrypt:1024:8:9999$salt$" + "00" * 64,
    "$scrypt$ln=40,r=8,p=1$8n6vlVLK2TtnTEnpvZfS+g$qwTeFX+ubkpxRcWeQDw59g8JVxrborbk3MT+fKIFw0c",
]


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    return PasswordHasher(HashingSettings(argon2_memory_kib=64, argon2_time=1))


def raw_hash(password: str) -> str:
    """What a product stores that hashes exactly what was typed."""
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 1000, 32)
    return f"pbkdf2:sha256:1000$salt${digest.hex()}"


@pytest.mark.parametrize(("scheme", "encoded"), SAMPLES)
def test_verifies_what_other_products_stored(hasher, scheme, encoded):
    assert hasher.recognize(encoded) == scheme
    assert hasher.verify(PASSWORD, encoded)
    assert not hasher.verify(PASSWORD + " ", encoded)
    assert not hasher.verify("", encoded)


@pytest.mark.parametrize(("scheme", "encoded"), SAMPLES)
def test_wants_a_new_hash_for_every_other_scheme_and_cost(hasher, scheme, encoded):
    verdict = hasher.judge(PASSWORD, encoded)
    # One sample was made with the very parameters of this hasher.
    assert verdict == (True, not encoded.startswith("$argon2id$v=19$m=64,t=1,p=1$"))
    assert hasher.judge("wrong", encoded) == (False, False)


@pytest.mark.parametrize("encoded", DAMAGED)
def test_refuses_what_is_not_a_hash_without_an_exception(hasher, encoded):
    assert hasher.recognize(encoded) is None
    assert not hasher.verify(PASSWORD, encoded)


@pytest.mark.parametrize("encoded", ABSURD)
def test_refuses_a_hash_that_would_tie_up_the_machine(hasher, encoded):
    assert hasher.recognize(encoded) is None
    assert not hasher.verify(PASSWORD, encoded)


@settings(deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_survives_any_damage_to_a_hash(sample, data):
    hasher = PasswordHasher(HashingSettings(argon2_memory_kib=64, argon2_time=1))
    place = data.draw(st.integers(0, len(sample[1]) - 1))
    damaged = sample[1][:place] + data.draw(st.text(max_size=2)) + sample[1][place + 1 :]
    hasher.recognize(damaged)


def test_takes_composed_and_decomposed_spelling_for_one_password(hasher):
    encoded = hasher.hash(unicodedata.normalize("NFD", PASSWORD))
    assert hasher.verify(unicodedata.normalize("NFC", PASSWORD), encoded)
    assert hasher.verify("ﬁne", hasher.hash("fine"))


def test_verifies_an_imported_hash_made_without_normalization(hasher):
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert hasher.verify(decomposed, raw_hash(decomposed))
    assert not hasher.verify("other " + decomposed, raw_hash(decomposed))


def test_verifies_a_long_password_as_the_makers_of_its_bcrypt_hash_cut_it(hasher):
    long = "é" * 50
    encoded = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode()
    assert hasher.verify(long, encoded)
    assert not hasher.verify("x" + long, encoded)


@pytest.mark.parametrize("scheme", ["argon2id", "bcrypt"])
def test_no_password_matches_the_dummy_and_it_is_of_the_present_cost(scheme):
    hasher = PasswordHasher(HashingSettings(scheme=scheme, argon2_memory_kib=64, argon2_time=1, bcrypt_cost=4))
    assert hasher.recognize(hasher.dummy) == scheme
    assert not hasher.needs_rehash(hasher.dummy)
    assert len(hasher.dummy) == len(hasher.hash(PASSWORD))
    assert not hasher.verify(PASSWORD, hasher.dummy)
    assert not hasher.verify("", hasher.dummy)


def test_refuses_an_endless_password_before_computing_anything(hasher):
    endless = "a" * 1_000_000
    assert not hasher.verify(endless, raw_hash(endless))


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", max_size=260))
@settings(max_examples=300, deadline=None)
def test_judges_a_digest_by_its_letters_as_by_its_bytes(digest):
    assert is_sound_unpadded(digest) is is_sound_digest(unpadded_base64(digest))


@settings(deadline=None)
@given(
    st.sampled_from(["argon2", "argon2id", "argon2i", "argon2d", "argon2ID"]),
    st.sampled_from(["", "$v=16", "$v=19", "$v=18"]),
    st.sampled_from([0, 7, 8, 64, 19456, limits.MEMORY_KIB, limits.MEMORY_KIB + 1, 10**8]),
    st.sampled_from([0, 1, 4, 5, 65536, 10**8]),
    st.sampled_from([0, 1, 8, limits.ARGON2_LANES, limits.ARGON2_LANES + 1, 1000]),
)
def test_takes_an_argon2_hash_only_at_a_cost_that_is_bearable(variant, version, memory, passes, lanes):
    encoded = f"${variant}{version}$m={memory},t={passes},p={lanes}$c2FsdHNhbHRzYWx0$kN38nGg1u61W14brIR8csIM0ZV55g16JzIhVkKUyoKs"
    bearable = (
        variant in {"argon2id", "argon2i", "argon2d"}
        and version in {"", "$v=16", "$v=19"}
        and passes > 0
        and 0 < lanes <= limits.ARGON2_LANES
        and 8 * lanes <= memory <= limits.MEMORY_KIB
        and memory * passes <= limits.ARGON2_MEMORY_PASSES_KIB
    )
    found = argon2.parse(encoded)
    assert (found is not None) is bearable
    assert found is None or found.scheme == variant
