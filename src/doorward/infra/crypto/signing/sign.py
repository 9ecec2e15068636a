"""Signing claims as a compact JSON Web Signature (RFC 7515 section 3.1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from doorward.infra.crypto import base64url
from doorward.infra.crypto.signing.keys import (
    ES256,
    Algorithm,
    KeyUnsuitable,
    PrivateKey,
    SigningKey,
    public_key,
    public_members,
)

_ENCODE: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Signer:
    """Signs with one loaded key. Raises KeyUnsuitable when the stored key is unsound or its halves do not belong together."""

    def __init__(self, key: SigningKey) -> None:
        private = _load(key.private_der)
        members = public_members(private)
        if any(key.public_jwk.get(name) != value for name, value in members.items()):
            raise KeyUnsuitable("the private key does not belong to the public one")
        public = public_key(key.public_jwk)
        if public.algorithm != key.algorithm or public.kid != key.kid:
            raise KeyUnsuitable("the key's id or algorithm is not that of its public half")
        self.kid = key.kid
        self.algorithm: Algorithm = key.algorithm
        self._sign = _signing(private)
        self._headers: dict[str, str] = {}

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """A token with these claims. typ: the token's kind, a constant such as `at+jwt`. Raises ValueError for NaN."""
        header = self._headers.get(typ)
        if header is None:
            text = _ENCODE({"alg": self.algorithm, "typ": typ, "kid": self.kid})
            header = self._headers[typ] = base64url.encode(text.encode())
        signed = f"{header}.{base64url.encode(_ENCODE(claims).encode())}"
        return f"{signed}.{base64url.encode(self._sign(signed.encode()))}"


def _load(private_der: bytes) -> PrivateKey:
    try:
        private = load_der_private_key(private_der, password=None)
    except (ValueError, TypeError):
        raise KeyUnsuitable("the private key cannot be read") from None
    if isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        return private
    raise KeyUnsuitable("the private key is of an unsupported type")


def _signing(private: PrivateKey) -> Callable[[bytes], bytes]:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign
    if isinstance(private, rsa.RSAPrivateKey):
        padding, digest = PKCS1v15(), SHA256()
        return lambda data: private.sign(data, padding, digest)

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(hashlib.sha256(data).digest(), ES256))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign
