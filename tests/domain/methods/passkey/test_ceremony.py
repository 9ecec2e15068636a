"""Every field of an authenticator's answer spoiled once: each alone is enough to be refused."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from doorward.domain.methods.passkey.answer import NotAccepted, credential_id, user_handle
from doorward.domain.methods.passkey.ceremony import Use, check_new, check_use
from doorward.domain.methods.passkey.options import creation_options, request_options
from doorward.domain.methods.passkey.relying_party import RelyingParty
from doorward.domain.methods.passkey.stored import Passkey, from_data, to_data
from doorward.infra.crypto import base64url
from tests.make.authenticator import AAGUID, BE, BS, ORIGIN, UP, UV, Authenticator, Held, _cose

PARTY = RelyingParty("localhost", "Doorward", (ORIGIN, "https://app.localhost"), "required")
LENIENT = RelyingParty("localhost", "Doorward", (ORIGIN,), "preferred")
CHALLENGE = b"a challenge of thirty-two bytes.."
HANDLE = b"h" * 64


def make(authenticator: Authenticator, party: RelyingParty = PARTY, **spoiled: Any) -> Passkey:
    options = creation_options(party, CHALLENGE, handle=HANDLE, name="ada", display_name="Ada")
    roots = spoiled.pop("roots", ())
    credential = spoiled.pop("change", lambda given: given)(authenticator.create(options, **spoiled))
    return check_new(credential, challenge=CHALLENGE, party=party, handle=HANDLE, roots=roots)


def use(authenticator: Authenticator, passkey: Passkey, party: RelyingParty = PARTY, **spoiled: Any) -> Use:
    options = request_options(party, spoiled.pop("asked", CHALLENGE), allowed=[passkey])
    credential = spoiled.pop("change", lambda given: given)(authenticator.get(options, **spoiled))
    return check_use(credential, passkey, challenge=CHALLENGE, party=party)


@pytest.mark.parametrize("algorithm", [-7, -8, -257])
@pytest.mark.parametrize("synced", [True, False])
def test_accepts_every_algorithm_that_is_offered(algorithm: int, synced: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    authenticator = Authenticator(algorithm=algorithm, synced=synced)
    passkey = make(authenticator)
    assert (passkey.synced, passkey.backed_up, passkey.verified, passkey.attested) == (synced, synced, True, False)
    assert passkey.aaguid == "d548826e-79b4-db40-a3d8-11116f7e8349"
    assert passkey.transports == ("internal", "hybrid")
    assert from_data(json.loads(json.dumps(to_data(passkey)))) == passkey
    found = use(authenticator, passkey)
    assert found == Use(counter=0 if synced else 2, backed_up=synced, verified=True)


def _client(**members: Any) -> dict[str, Any]:
    """Changes members of the client data; None takes one away."""

    def change(document: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in (document | members).items() if value is not None}

    return {"client": change}


def _duplicate(document: dict[str, Any]) -> bytes:
    """Two origins: a parser that keeps the last one sees ours."""
    return b'{"origin":"https://evil.example",' + json.dumps(document).encode()[1:]


WRONG_BOTH: dict[str, dict[str, Any]] = {
    "challenge of another step": _client(challenge=base64url.encode(b"another challenge of 32 bytes...")),
    "no challenge": _client(challenge=None),
    "challenge with padding": _client(challenge=base64url.encode(CHALLENGE) + "=="),
    "type": _client(type="payment.get"),
    "no type": _client(type=None),
    "origin": {"origin": "https://evil.example"},
    "origin with another port": {"origin": "http://localhost:8001"},
    "origin with another scheme": {"origin": "https://localhost:8000"},
    "origin that begins with ours": {"origin": ORIGIN + ".evil.example"},
    "origin with a slash": {"origin": ORIGIN + "/"},
    "no origin": _client(origin=None),
    "cross origin": _client(crossOrigin=True),
    "cross origin by another word": _client(crossOrigin="yes"),
    "cross origin by number": _client(crossOrigin=1),
    "top origin": _client(topOrigin="https://evil.example"),
    "top origin although not crossed": _client(crossOrigin=False, topOrigin=ORIGIN),
    "two origins": {"client": _duplicate},
    "client data that is a list": {"client": lambda _: b"[]"},
    "client data that is no JSON": {"client": lambda _: b"{"},
    "client data with a byte order mark": {"client": lambda given: b"\xef\xbb\xbf" + json.dumps(given).encode()},
    "domain of another service": {"rp_id": "evil.example"},
    "nobody there": {"flags": lambda flags: flags & ~UP},
    "nobody verified": {"flags": lambda flags: flags & ~UV},
    "a copy of what cannot be copied": {"flags": lambda flags: flags & ~BE | BS},
    "another id said": {"said_id": b"another id"},
}


@pytest.mark.parametrize("case", WRONG_BOTH)
def test_refuses_to_enroll_what_was_not_asked_for(case: str) -> None:
    with pytest.raises(NotAccepted):
        make(Authenticator(), **WRONG_BOTH[case])


@pytest.mark.parametrize("case", WRONG_BOTH)
def test_refuses_the_use_that_was_not_asked_for(case: str) -> None:
    authenticator = Authenticator()
    passkey = make(authenticator)
    assert use(authenticator, passkey)
    with pytest.raises(NotAccepted):
        use(authenticator, passkey, **WRONG_BOTH[case])


def _flip(at: int) -> Callable[[bytes], bytes]:
    def change(given: bytes) -> bytes:
        changed = bytearray(given)
        changed[at] ^= 1
        return bytes(changed)

    return change


WRONG_USE: dict[str, dict[str, Any]] = {
    "a flipped bit of the signature": {"signature": _flip(-1)},
    "no signature": {"signature": lambda _: b""},
    "the signature of another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "data changed after signing": {"data_after": _flip(36)},
    "data cut short": {"data_after": lambda given: given[:36]},
    "data with something behind it": {"data_after": lambda given: given + b"\0"},
    "no longer synced": {"flags": lambda flags: flags & ~(BE | BS)},
    "made, not used": _client(type="webauthn.create"),
}


@pytest.mark.parametrize("case", WRONG_USE)
def test_refuses_a_use_that_is_not_signed_as_it_stands(case: str) -> None:
    authenticator = Authenticator()
    passkey = make(authenticator)
    with pytest.raises(NotAccepted):
        use(authenticator, passkey, **WRONG_USE[case])


def test_refuses_another_passkey_than_the_one_it_is_checked_by() -> None:
    authenticator = Authenticator()
    first, second = make(authenticator), make(authenticator)
    options = request_options(PARTY, CHALLENGE)
    answer = authenticator.get(options, authenticator.held[1])
    assert check_use(answer, second, challenge=CHALLENGE, party=PARTY)
    with pytest.raises(NotAccepted):
        check_use(answer, first, challenge=CHALLENGE, party=PARTY)


def test_verifies_nobody_where_that_is_only_preferred() -> None:
    authenticator = Authenticator(verifies=False)
    passkey = make(authenticator, LENIENT)
    assert not passkey.verified
    assert not use(authenticator, passkey, LENIENT).verified
    with pytest.raises(NotAccepted):
        use(authenticator, passkey, PARTY)


def _off_curve() -> dict[int, Any]:
    return {1: 2, 3: -7, -1: 1, -2: b"\1" * 32, -3: b"\2" * 32}


WRONG_NEW: dict[str, dict[str, Any]] = {
    "made, not asked for": _client(type="webauthn.get"),
    "an algorithm that was not offered": {"key": ec.generate_private_key(ec.SECP384R1())},
    "a short RSA key": {"key": rsa.generate_private_key(65537, 1024)},  # noqa: S505 - it is to be refused
    "a point beside the curve": {"cose": _off_curve()},
    "a curve that is not the algorithm's": {
        "cose": _cose(ec.generate_private_key(ec.SECP384R1())) | {3: -7},
    },
    "a kind of key that is not the algorithm's": {"cose": {1: 1, 3: -7, -1: 6, -2: b"\1" * 32}},
    "an algorithm that is no number": {"cose": _off_curve() | {3: "ES256"}},
    "no key": {"cose": {}},
    "a key that is no map": {"cose": [1, 2]},
    "no credential in the data": {"flags": lambda flags: flags & ~0x40},
    "an empty id": {"id": b""},
    "an id that is too long": {"id": b"i" * 1024},
    "an attestation that is no map": {"attest": lambda *_: {}, "change": lambda given: _attestation(given, [1])},
    "an attestation without data": {"change": lambda given: _attestation(given, {"fmt": "none"})},
}


def _attestation(credential: dict[str, Any], value: Any) -> dict[str, Any]:
    encoded = base64url.encode(cbor2.dumps(value))
    return credential | {"response": credential["response"] | {"attestationObject": encoded}}


@pytest.mark.parametrize("case", WRONG_NEW)
def test_refuses_to_enroll_a_key_that_nobody_should_have(case: str) -> None:
    with pytest.raises(NotAccepted):
        make(Authenticator(), **WRONG_NEW[case])


SHAPES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no id": lambda given: {name: given[name] for name in ("rawId", "type", "response")},
    "two ids": lambda given: given | {"rawId": "AAAA"},
    "another type": lambda given: given | {"type": "password"},
    "no response": lambda given: given | {"response": None},
    "an id with padding": lambda given: given | {"id": given["id"] + "=", "rawId": given["id"] + "="},
    "an id in the other alphabet": lambda given: given | {"id": "+" + given["id"], "rawId": "+" + given["id"]},
    "client data that is a number": lambda given: given | {"response": given["response"] | {"clientDataJSON": 1}},
    "much too much": lambda given: given | {"response": given["response"] | {"clientDataJSON": "A" * 60000}},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_refuses_answers_of_another_shape(shape: str) -> None:
    authenticator = Authenticator()
    passkey = make(authenticator)
    with pytest.raises(NotAccepted):
        make(Authenticator(), change=SHAPES[shape])
    with pytest.raises(NotAccepted):
        use(authenticator, passkey, change=SHAPES[shape])


def test_reads_one_handle_or_none() -> None:
    authenticator = Authenticator()
    make(authenticator)
    options = request_options(PARTY, CHALLENGE)
    assert user_handle(authenticator.get(options)) == HANDLE
    assert user_handle(authenticator.get(options, handle=None)) is None
    with pytest.raises(NotAccepted):
        user_handle(authenticator.get(options, handle=b"h" * 65))
    with pytest.raises(NotAccepted):
        credential_id({"type": "public-key"})


# Attestation: a maker's certificate under a root that the operator names.

OID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")


class Maker:
    """A maker of authenticators, with a root and one certificate for a model. aaguid: what the certificate says."""

    def __init__(self, *, aaguid: bytes | None = AAGUID) -> None:
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        self.key = ec.generate_private_key(ec.SECP256R1())
        root = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Root {secrets.token_hex(4)}")])
        leaf = x509.Name(
            [
                x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CH"),
                x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Maker"),
                x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"),
                x509.NameAttribute(x509.NameOID.COMMON_NAME, "Model"),
            ]
        )
        self.root = self._certify(root, root, self.root_key.public_key(), ca=True, aaguid=None)
        self.leaf = self._certify(leaf, root, self.key.public_key(), ca=False, aaguid=aaguid)

    def _certify(self, subject: x509.Name, issuer: x509.Name, key: Any, *, ca: bool, aaguid: bytes | None) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if aaguid is not None:
            builder = builder.add_extension(x509.UnrecognizedExtension(OID, b"\x04\x10" + aaguid), critical=False)
        made = builder.sign(self.root_key, hashes.SHA256())
        return made.public_bytes(Encoding.PEM if ca else Encoding.DER)

    def attest(self, signed: bytes, _held: Held) -> dict[str, Any]:
        """A packed statement."""
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return {"fmt": "packed", "attStmt": {"alg": -7, "sig": signature, "x5c": [self.leaf]}}


def _by_itself(signed: bytes, held: Held) -> dict[str, Any]:
    """Self attestation: signed by the new key, which proves nothing about the model."""
    assert isinstance(held.key, ec.EllipticCurvePrivateKey)
    return {"fmt": "packed", "attStmt": {"alg": -7, "sig": held.key.sign(signed, ec.ECDSA(hashes.SHA256()))}}


def test_takes_a_certificate_of_a_named_maker_only() -> None:
    maker, stranger = Maker(), Maker()
    assert make(Authenticator(), attest=maker.attest, roots=[maker.root]).attested
    assert make(Authenticator(), attest=maker.attest, roots=[stranger.root, maker.root]).attested
    for spoiled in (
        {"attest": maker.attest, "roots": [stranger.root]},
        {"attest": Maker(aaguid=b"\0" * 16).attest, "roots": [maker.root]},
        {"attest": _by_itself, "roots": [maker.root]},
        {"roots": [maker.root]},
    ):
        with pytest.raises(NotAccepted):
            make(Authenticator(), **spoiled)


def test_refuses_a_certificate_for_another_model() -> None:
    maker = Maker(aaguid=hashlib.md5(b"another model", usedforsecurity=False).digest())
    with pytest.raises(NotAccepted, match="attestation-aaguid"):
        make(Authenticator(), attest=maker.attest, roots=[maker.root])


def test_does_not_look_at_attestation_that_nobody_asked_for() -> None:
    broken = {"fmt": "packed", "attStmt": {"alg": -7, "sig": b"none", "x5c": [b"no certificate"]}}
    assert not make(Authenticator(), attest=lambda *_: broken).attested
