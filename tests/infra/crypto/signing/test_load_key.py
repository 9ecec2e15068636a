"""Which public keys may be used."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from doorward.infra.crypto import base64url
from doorward.infra.crypto.signing import KeyUnsuitable, new_signing_key, public_key, roca
from doorward.infra.crypto.signing.keys import thumbprint

EC = new_signing_key("ES256").public_jwk
RSA = new_signing_key("RS256").public_jwk
OKP = new_signing_key("Ed25519").public_jwk
WRONG_TYPES = [None, "", 7, True, [], {}, "not base64url!", "AA=="]


def number(text: str) -> int:
    return int.from_bytes(base64url.decode(text), "big")


def text(value: int) -> str:
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def rsa_jwk(bits: int, exponent: int = 65537) -> dict[str, str]:
    numbers = rsa.generate_private_key(exponent, bits).public_key().public_numbers()
    return {"kty": "RSA", "n": text(numbers.n), "e": text(numbers.e)}


@pytest.mark.parametrize(("jwk", "algorithm"), [(EC, "ES256"), (RSA, "RS256"), (OKP, "Ed25519")])
def test_the_algorithm_follows_from_the_key_when_it_names_none(jwk, algorithm):
    bare = {name: value for name, value in jwk.items() if name not in {"alg", "use", "kid"}}
    key = public_key(bare)
    assert (key.algorithm, key.kid) == (algorithm, jwk["kid"])


@pytest.mark.parametrize("jwk", [EC, RSA, OKP], ids=["EC", "RSA", "OKP"])
@pytest.mark.parametrize(
    "changes",
    [
        {"use": "enc"},
        {"use": ""},
        {"use": None},
        {"key_ops": ["sign"]},
        {"key_ops": []},
        {"key_ops": "verify"},
        {"key_ops": None},
        {"d": "AQAB"},
        {"k": "AQAB"},
        {"qi": None},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": "PS256"},
        {"alg": "ES384"},
        {"alg": None},
        {"alg": ["ES256"]},
        {"kty": "oct"},
        {"kty": None},
        {"kty": []},
        {"kid": ""},
        {"kid": 7},
        {"kid": None},
        {"kid": "k" * 257},
    ],
    ids=str,
)
def test_refuses_a_key_for_another_use(jwk, changes):
    with pytest.raises(KeyUnsuitable):
        public_key({**jwk, **changes})


@pytest.mark.parametrize(
    ("jwk", "name"),
    [(EC, "x"), (EC, "y"), (RSA, "n"), (RSA, "e"), (OKP, "x"), (EC, "crv"), (OKP, "crv"), (EC, "kty"), (RSA, "kty")],
)
def test_refuses_a_member_that_is_missing_or_of_a_wrong_type(jwk: dict[str, Any], name: str):
    with pytest.raises(KeyUnsuitable):
        public_key({each: value for each, value in jwk.items() if each != name})
    for wrong in WRONG_TYPES:
        with pytest.raises(KeyUnsuitable):
            public_key({**jwk, name: wrong})


def test_refuses_a_point_off_the_curve():
    with pytest.raises(KeyUnsuitable, match="curve"):
        public_key({**EC, "y": EC["x"]})


@pytest.mark.parametrize("curve", ["P-384", "P-521", "secp256k1", "p-256", "Ed25519"])
def test_refuses_another_curve(curve):
    with pytest.raises(KeyUnsuitable):
        public_key({**EC, "crv": curve})


def test_refuses_a_coordinate_of_another_length():
    for coordinate in (b"\0" + base64url.decode(EC["x"]), base64url.decode(EC["x"])[1:]):
        with pytest.raises(KeyUnsuitable):
            public_key({**EC, "x": base64url.encode(coordinate)})
    with pytest.raises(KeyUnsuitable):
        public_key({**OKP, "x": base64url.encode(base64url.decode(OKP["x"]) + b"\0")})


def test_refuses_short_rsa_keys_and_endless_ones():
    with pytest.raises(KeyUnsuitable, match="bits"):
        public_key(rsa_jwk(1024))
    with pytest.raises(KeyUnsuitable, match="bits"):
        public_key({**RSA, "n": text((1 << 8192) + 1)})
    assert public_key(rsa_jwk(2048)).algorithm == "RS256"


@pytest.mark.parametrize("exponent", [1, 2, 3, 17, 65536, 65538, (1 << 32) + 1])
def test_refuses_weak_rsa_exponents(exponent):
    with pytest.raises(KeyUnsuitable, match="exponent"):
        public_key({**RSA, "e": text(exponent)})


def test_refuses_an_rsa_key_with_the_fingerprint_of_the_faulty_chips():
    # A power of 65537 plus a multiple of the primes' product has the fingerprint, whatever its size.
    product = 1
    for prime in roca._PRIMES:
        product *= prime
    modulus = (1 << 2050) // product * product + pow(65537, 12345, product)
    modulus += 0 if modulus % 2 else product
    with pytest.raises(KeyUnsuitable, match="weak"):
        public_key({**RSA, "n": text(modulus)})


def test_the_thumbprint_is_that_of_the_standard():
    # RFC 7638 section 3.1.
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
        "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5haj"
        "rn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    assert thumbprint({"kty": "RSA", "n": n, "e": "AQAB"}) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert public_key({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256"}).kid.startswith("NzbLsXh8")
    assert number("AQAB") == 65537
