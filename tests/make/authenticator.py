"""An authenticator in software: makes passkeys and signs with them as browsers hand it on, and spoils what a test asks it to.

Written from the standard (WebAuthn L3, CTAP 2.2) on cbor2 and cryptography, not on the library that the product checks with.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from doorward.infra.crypto import base64url

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
ORIGIN = "http://localhost:8000"
AAGUID = bytes.fromhex("d548826e79b4db40a3d811116f7e8349")
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@dataclass
class Held:
    """A passkey as its authenticator holds it."""

    id: bytes
    key: Key
    handle: bytes
    rp_id: str
    counter: int = 0


@dataclass
class Authenticator:
    """Its passkeys, and how it behaves. synced: its passkeys may be copied, and it counts nothing then."""

    origin: str = ORIGIN
    verifies: bool = True
    synced: bool = True
    algorithm: int = -7
    aaguid: bytes = AAGUID
    held: list[Held] = field(default_factory=list)

    @property
    def flags(self) -> int:
        """Of the authenticator data."""
        return UP | (UV if self.verifies else 0) | (BE | BS if self.synced else 0)

    def create(self, options: Mapping[str, Any], **spoiled: Any) -> dict[str, Any]:
        """`navigator.credentials.create`, by toJSON. spoiled: see `_client_data` and below."""
        held = Held(
            spoiled.get("id", secrets.token_bytes(32)),
            spoiled.get("key") or _new_key(self.algorithm),
            base64url.decode(options["user"]["id"]),
            options["rp"]["id"],
        )
        if not self.synced:
            held.counter = 1
        self.held.append(held)
        cose = spoiled["cose"] if "cose" in spoiled else _cose(held.key)
        attested = self.aaguid + len(held.id).to_bytes(2, "big") + held.id + cbor2.dumps(cose)
        data = self._data(held, self.flags | AT, spoiled) + attested
        client = _client_data("webauthn.create", options["challenge"], spoiled.get("origin", self.origin), spoiled)
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        if "attest" in spoiled:
            made |= spoiled["attest"](data + hashlib.sha256(client).digest(), held)
        return {
            "id": base64url.encode(spoiled.get("said_id", held.id)),
            "rawId": base64url.encode(spoiled.get("said_id", held.id)),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {"credProps": {"rk": True}},
            "response": {
                "clientDataJSON": base64url.encode(client),
                "attestationObject": base64url.encode(cbor2.dumps(made)),
                "transports": ["internal", "hybrid"],
            },
        }

    def get(self, options: Mapping[str, Any], held: Held | None = None, **spoiled: Any) -> dict[str, Any]:
        """`navigator.credentials.get`, by toJSON."""
        allowed = {each["id"] for each in options["allowCredentials"]}
        held = held or next(each for each in self.held if not allowed or base64url.encode(each.id) in allowed)
        if not self.synced:
            held.counter += 1
        data = self._data(held, self.flags, spoiled)
        client = _client_data("webauthn.get", options["challenge"], spoiled.get("origin", self.origin), spoiled)
        signature = _sign(spoiled.get("key") or held.key, data + hashlib.sha256(client).digest())
        if "signature" in spoiled:
            signature = spoiled["signature"](signature)
        response = {
            "clientDataJSON": base64url.encode(client),
            "authenticatorData": base64url.encode(spoiled.get("data_after", lambda given: given)(data)),
            "signature": base64url.encode(signature),
            "userHandle": base64url.encode(spoiled.get("handle") or held.handle),
        }
        if "handle" in spoiled and spoiled["handle"] is None:
            del response["userHandle"]
        return {
            "id": base64url.encode(spoiled.get("said_id", held.id)),
            "rawId": base64url.encode(spoiled.get("said_id", held.id)),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }

    def _data(self, held: Held, flags: int, spoiled: Mapping[str, Any]) -> bytes:
        rp_id = spoiled.get("rp_id", held.rp_id)
        counter = spoiled.get("counter", held.counter)
        flags = spoiled.get("flags", lambda given: given)(flags)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + counter.to_bytes(4, "big")


def _client_data(type_: str, challenge: str, origin: str, spoiled: Mapping[str, Any]) -> bytes:
    if "client" in spoiled:
        change: Callable[[dict[str, Any]], object] = spoiled["client"]
    else:
        change = dict
    document = {"type": type_, "challenge": challenge, "origin": origin, "crossOrigin": False}
    changed = change(document)
    return changed if isinstance(changed, bytes) else json.dumps(changed).encode()


def _new_key(algorithm: int) -> Key:
    if algorithm == -7:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == -8:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def _cose(key: Key) -> dict[int, Any]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = key.public_key().public_numbers()
        size = (key.curve.key_size + 7) // 8
        curve = {"secp256r1": (-7, 1), "secp384r1": (-35, 2)}[key.curve.name]
        return {
            1: 2,
            3: curve[0],
            -1: curve[1],
            -2: numbers.x.to_bytes(size, "big"),
            -3: numbers.y.to_bytes(size, "big"),
        }
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
    numbers_ = key.public_key().public_numbers()
    return {1: 3, 3: -257, -1: numbers_.n.to_bytes((key.key_size + 7) // 8, "big"), -2: b"\x01\x00\x01"}


def _sign(key: Key, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
