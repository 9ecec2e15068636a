"""Signing keys: made, written as JSON Web Keys (RFC 7517, RFC 7518, RFC 8037) and loaded only when they are sound."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, assert_never

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from doorward.infra.crypto import base64url
from doorward.infra.crypto.signing import roca

Algorithm = Literal["ES256", "RS256", "Ed25519"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Check = Callable[[bytes, bytes], None]

RSA_BITS_MIN: Final = 2048
# Verifying takes the square of the size: without a bound, a foreign key could be made to tie up the machine.
RSA_BITS_MAX: Final = 8192
RSA_NEW_BITS: Final = 3072
_RSA_EXPONENT_MIN: Final = 65537
_ES256_BYTES: Final = 32
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEY_ID_CHARACTERS: Final = 256
# Over a digest that is made before: by hashlib it takes a microsecond, inside of the library twenty-five.
ES256: Final = ec.ECDSA(Prehashed(SHA256()))
_SHA256 = SHA256()
_PKCS1V15 = PKCS1v15()


class KeyUnsuitable(Exception):  # noqa: N818 - says what is wrong with the key; an operator reads it
    """A key must not be used for signatures, and why. Never holds any part of the key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key as it is stored. kid: the RFC 7638 thumbprint. private_der: PKCS 8, to be sealed. public_jwk: for all."""

    kid: str
    algorithm: Algorithm
    private_der: bytes = field(repr=False)
    public_jwk: dict[str, str]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are verified with. algorithm: the only one it verifies. check: raises when they do not fit.

    `check(signature, signed)` raises cryptography's InvalidSignature or ValueError.
    """

    kid: str
    algorithm: str
    check: Check = field(repr=False)


def new_signing_key(algorithm: Algorithm = "ES256") -> SigningKey:
    """A fresh key pair for this algorithm."""
    private: PrivateKey
    if algorithm == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    elif algorithm == "RS256":
        private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_NEW_BITS)
    elif algorithm == "Ed25519":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        assert_never(algorithm)
    members = public_members(private)
    kid = thumbprint(members)
    return SigningKey(
        kid=kid,
        algorithm=algorithm,
        private_der=private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        public_jwk={**members, "kid": kid, "alg": algorithm, "use": "sig"},
    )


def public_members(private: PrivateKey) -> dict[str, str]:
    """The members of the public JSON Web Key that RFC 7638 makes the thumbprint of. Raises KeyUnsuitable for other curves."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        if not isinstance(private.curve, ec.SECP256R1):
            raise KeyUnsuitable("the key is on another curve than P-256")
        point = private.public_key().public_numbers()
        x, y = (base64url.encode(number.to_bytes(_ES256_BYTES, "big")) for number in (point.x, point.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        n, e = (
            base64url.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
            for number in (numbers.n, numbers.e)
        )
        return {"e": e, "kty": "RSA", "n": n}
    return {"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(private.public_key().public_bytes_raw())}


def thumbprint(members: Mapping[str, str]) -> str:
    """The RFC 7638 thumbprint over the required members of a public key, as base64url."""
    canonical = json.dumps(dict(members), sort_keys=True, separators=(",", ":")).encode()
    return base64url.encode(hashlib.sha256(canonical).digest())


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """Loads a public JSON Web Key for verifying. Raises KeyUnsuitable.

    Refused are symmetric and private keys, keys for another use, short or weak RSA keys, points off the curve, and an
    `alg` that is not the one of the key's type: ES256 for P-256, RS256 for RSA, Ed25519 or its older name EdDSA.
    """
    if jwk.get("kty") == "oct":
        raise KeyUnsuitable("a symmetric key has no place among public ones")
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise KeyUnsuitable("the key holds private members")
    if "use" in jwk and jwk["use"] != "sig":
        raise KeyUnsuitable("the key is not for signatures")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise KeyUnsuitable("the key is not for verifying")
    algorithms, members, check = _load(jwk)
    algorithm = jwk.get("alg", algorithms[0])
    if algorithm not in algorithms:
        raise KeyUnsuitable("the key's algorithm is not supported or does not belong to its type")
    kid = jwk.get("kid", thumbprint(members))
    if not isinstance(kid, str) or not 0 < len(kid) <= _KEY_ID_CHARACTERS:
        raise KeyUnsuitable("the key's id is not a text of 1 to 256 characters")
    return PublicKey(kid, algorithm, check)


def _load(jwk: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, str], Check]:
    """The algorithms that a key can be for, its thumbprint members, and its check."""
    match jwk.get("kty"), jwk.get("crv"):
        case "EC", "P-256":
            members = {"crv": "P-256", "kty": "EC", "x": _text(jwk, "x"), "y": _text(jwk, "y")}
            return ("ES256",), members, _elliptic_check(_decoded(members["x"]), _decoded(members["y"]))
        case "OKP", "Ed25519":
            members = {"crv": "Ed25519", "kty": "OKP", "x": _text(jwk, "x")}
            return ("Ed25519", "EdDSA"), members, _edwards_check(_decoded(members["x"]))
        case "RSA", _:
            members = {"e": _text(jwk, "e"), "kty": "RSA", "n": _text(jwk, "n")}
            modulus, exponent = (int.from_bytes(_decoded(members[name]), "big") for name in ("n", "e"))
            return ("RS256",), members, _rsa_check(modulus, exponent)
    raise KeyUnsuitable("the key is of an unsupported type or curve")


def _text(jwk: Mapping[str, Any], name: str) -> str:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise KeyUnsuitable(f"the key's member '{name}' is missing or not a text")
    return value


def _decoded(text: str) -> bytes:
    try:
        return base64url.decode(text)
    except ValueError:
        raise KeyUnsuitable("a member of the key is not base64url") from None


def _elliptic_check(x: bytes, y: bytes) -> Check:
    if len(x) != _ES256_BYTES or len(y) != _ES256_BYTES:
        raise KeyUnsuitable("a coordinate of the key is not 32 bytes long")
    try:
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
        verify = numbers.public_key().verify
    except ValueError:
        raise KeyUnsuitable("the key's point is not on its curve") from None

    def check(signature: bytes, signed: bytes) -> None:
        if len(signature) != 2 * _ES256_BYTES:
            raise ValueError("an ES256 signature has 64 bytes")
        r, s = signature[:_ES256_BYTES], signature[_ES256_BYTES:]
        encoded = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        verify(encoded, hashlib.sha256(signed).digest(), ES256)

    return check


def _edwards_check(x: bytes) -> Check:
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(x).verify
    except ValueError:
        raise KeyUnsuitable("the key is not 32 bytes long") from None


def _rsa_check(modulus: int, exponent: int) -> Check:
    if not RSA_BITS_MIN <= modulus.bit_length() <= RSA_BITS_MAX:
        raise KeyUnsuitable(f"an RSA key needs {RSA_BITS_MIN} to {RSA_BITS_MAX} bits")
    if exponent % 2 == 0 or not _RSA_EXPONENT_MIN <= exponent < 1 << 32:
        raise KeyUnsuitable("the RSA key's exponent is not an odd number of 17 to 32 bits")
    if modulus % 2 == 0 or roca.is_weak(modulus):
        raise KeyUnsuitable("the RSA key is weak and can be factored")
    verify = rsa.RSAPublicNumbers(exponent, modulus).public_key().verify
    length = (modulus.bit_length() + 7) // 8

    def check(signature: bytes, signed: bytes) -> None:
        if len(signature) != length:
            raise ValueError("the signature is not as long as the modulus")
        verify(signature, signed, _PKCS1V15, _SHA256)

    return check
