"""Signing tokens, and the same read and written by an independent library."""

from __future__ import annotations

import dataclasses
import json
from math import gcd

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from joserfc import jwk, jwt

from doorward.infra.crypto import base64url
from doorward.infra.crypto.signing import KeyUnsuitable, Signer, Verifier, new_signing_key, public_key

ALGORITHMS = ["ES256", "RS256", "Ed25519"]
CLAIMS = {
    "iss": "https://id.example.com",
    "aud": "api",
    "exp": 2_000_000_000,
    "sub": "é🔑",
    "n": 1.5,
    "list": [1, None],
}
WANTED = {"typ": "at+jwt", "issuer": "https://id.example.com", "audience": "api", "now": 1_900_000_000}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_independent_library_reads_what_we_sign(algorithm):
    key = new_signing_key(algorithm)
    token = Signer(key).sign(CLAIMS, "at+jwt")
    read = jwt.decode(token, jwk.import_key(key.public_jwk), algorithms=[algorithm])
    assert read.claims == CLAIMS
    assert read.header == {"alg": algorithm, "typ": "at+jwt", "kid": key.kid}


@pytest.mark.parametrize(("algorithm", "kind"), [("ES256", "EC"), ("RS256", "RSA"), ("Ed25519", "OKP")])
def test_we_read_what_an_independent_library_signs(algorithm, kind):
    argument = {"EC": "P-256", "RSA": 2048, "OKP": "Ed25519"}[kind]
    private = jwk.generate_key(kind, argument, {"use": "sig", "alg": algorithm, "kid": "theirs"})
    header = {"alg": algorithm, "kid": "theirs", "typ": "at+jwt"}
    token = jwt.encode(header, CLAIMS, private, algorithms=[algorithm])
    verifier = Verifier({"theirs": public_key(private.as_dict(private=False))})
    assert verifier.verify(token, **WANTED) == CLAIMS


def test_we_read_the_older_name_of_edwards_signatures_only_from_keys_that_carry_it():
    private = jwk.generate_key("OKP", "Ed25519", {"use": "sig", "alg": "EdDSA", "kid": "theirs"})
    public = public_key(private.as_dict(private=False))
    assert public.algorithm == "EdDSA"
    key = new_signing_key("Ed25519")
    assert public_key(key.public_jwk).algorithm == "Ed25519"


def test_rsa_keys_that_we_make_are_no_prey_for_known_attacks():
    private = load_der_private_key(new_signing_key("RS256").private_der, password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    numbers = private.private_numbers()
    modulus, exponent = numbers.public_numbers.n, numbers.public_numbers.e
    assert (modulus.bit_length(), exponent) == (3072, 65537)
    # FIPS 186-5 appendix A.1.3: far enough apart, or Fermat's method finds them; and no small private exponent (Wiener).
    assert abs(numbers.p - numbers.q) > 2 ** (3072 // 2 - 100)
    assert numbers.d > 2 ** (3072 // 2)
    for prime in (numbers.p, numbers.q):
        assert pow(2, prime - 1, prime) == pow(3, prime - 1, prime) == 1
        assert gcd(exponent, prime - 1) == 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_key_id_is_the_thumbprint(algorithm):
    key = new_signing_key(algorithm)
    assert key.kid == jwk.import_key(key.public_jwk).thumbprint()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_stored_key_loads_again_and_its_public_half_holds_no_secret(algorithm):
    key = new_signing_key(algorithm)
    assert Signer(dataclasses.replace(key)).kid == key.kid
    assert public_key(key.public_jwk).algorithm == algorithm
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key.public_jwk)
    assert repr(key.private_der) not in repr(key)
    assert json.loads(json.dumps(key.public_jwk)) == key.public_jwk


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_refuses_to_sign_what_json_cannot_say(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        Signer(new_signing_key()).sign({"n": number}, "at+jwt")


def test_an_es256_signature_has_64_bytes_whatever_its_numbers():
    signer = Signer(new_signing_key())
    lengths = {len(base64url.decode(signer.sign({"n": n}, "at+jwt").rpartition(".")[2])) for n in range(300)}
    assert lengths == {64}


def test_refuses_a_private_key_that_is_not_of_the_public_one():
    one, other = new_signing_key(), new_signing_key()
    with pytest.raises(KeyUnsuitable):
        Signer(dataclasses.replace(one, private_der=other.private_der))


@pytest.mark.parametrize("changes", [{"kid": "another"}, {"algorithm": "RS256"}, {"private_der": b"damaged"}])
def test_refuses_a_stored_key_whose_parts_disagree(changes):
    with pytest.raises(KeyUnsuitable):
        Signer(dataclasses.replace(new_signing_key(), **changes))


@pytest.mark.parametrize("private", [ec.generate_private_key(ec.SECP384R1()), x25519.X25519PrivateKey.generate()])
def test_refuses_a_private_key_of_another_kind(private):
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(KeyUnsuitable):
        Signer(dataclasses.replace(new_signing_key(), private_der=der))
