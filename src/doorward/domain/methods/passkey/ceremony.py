"""Check what authenticators answer (WebAuthn L3 sections 7.1 and 7.2). The only file that knows the library.

It takes a third of a second and 14 MB to import, so it is imported at the first passkey and not at the start (`checks`).
What the library leaves to its caller is checked here and in `answer`: the id inside the signed data, keys that are what
their algorithm says, whether copies may exist, and which attestation counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    encode_cbor,
    parse_attestation_object,
    parse_cbor,
)
from webauthn.helpers.cose import COSECRV, COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedEC2PublicKey, DecodedOKPPublicKey, DecodedRSAPublicKey
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    CredentialDeviceType,
    RegistrationCredential,
)

from doorward.domain.methods.passkey.answer import (
    NotAccepted,
    client_data,
    credential_id,
    read,
    response_of,
    transports,
)
from doorward.domain.methods.passkey.options import ALGORITHMS, EDDSA, ES256, RS256
from doorward.domain.methods.passkey.relying_party import RelyingParty
from doorward.domain.methods.passkey.stored import Passkey
from doorward.infra.crypto import base64url

_Checked = TypeVar("_Checked")

_RSA_BITS: Final = range(2048, 8193)
# How a certificate names the model that it is for (WebAuthn section 8.2.1).
_AAGUID_EXTENSION: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
# Those whose makers' roots an operator can name; the library brings further roots of its own for the others.
_ATTESTED_FORMATS: Final = frozenset({AttestationFormat.PACKED, AttestationFormat.TPM, AttestationFormat.FIDO_U2F})
_SUPPORTED: Final = [COSEAlgorithmIdentifier(algorithm) for algorithm in ALGORITHMS]


@dataclass(frozen=True, slots=True)
class Use:
    """A passkey was used rightly: the counter, whether a copy exists, and whether the person was verified."""

    counter: int
    backed_up: bool
    verified: bool


def check_use(credential: Mapping[str, Any], passkey: Passkey, *, challenge: bytes, party: RelyingParty) -> Use:
    """That an answer proves the use of this passkey, now and here. The caller judges the counter. Raises NotAccepted."""
    _require_challenge(credential, challenge)
    response = response_of(credential)
    raw_id = credential_id(credential)
    if raw_id != passkey.id:
        raise NotAccepted("id")
    answer = AuthenticationCredential(
        id=base64url.encode(raw_id),
        raw_id=raw_id,
        response=AuthenticatorAssertionResponse(
            client_data_json=read(response, "clientDataJSON"),
            authenticator_data=read(response, "authenticatorData"),
            signature=read(response, "signature"),
        ),
    )
    found = _asked(
        lambda: verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=passkey.key,
            # The library looks at the counter before the signature, so anybody could make it go back: judged after.
            credential_current_sign_count=0,
            require_user_verification=party.wants_verification,
        )
    )
    if (found.credential_device_type == CredentialDeviceType.MULTI_DEVICE) is not passkey.synced:
        # Whether copies may exist is settled when a passkey is made.
        raise NotAccepted("backup-eligibility")
    return Use(found.new_sign_count, found.credential_backed_up, found.user_verified)


def check_new(
    credential: Mapping[str, Any],
    *,
    challenge: bytes,
    party: RelyingParty,
    handle: bytes,
    roots: Sequence[bytes] = (),
) -> Passkey:
    """That an answer made a new passkey as it was asked. roots: PEM; with some, only a certificate below them proves the
    model, and without any the attestation is not looked at. Raises NotAccepted.
    """
    _require_challenge(credential, challenge)
    response = response_of(credential)
    raw_id = credential_id(credential)
    attestation = read(response, "attestationObject")
    if not roots:
        attestation = _asked(lambda: _without_statement(attestation))
    else:
        _asked(lambda: _require_certificate(attestation))
    answer = RegistrationCredential(
        id=base64url.encode(raw_id),
        raw_id=raw_id,
        response=AuthenticatorAttestationResponse(
            client_data_json=read(response, "clientDataJSON"), attestation_object=attestation
        ),
    )
    found = _asked(
        lambda: verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=party.wants_verification,
            supported_pub_key_algs=_SUPPORTED,
            pem_root_certs_bytes_by_fmt={format_: list(roots) for format_ in _ATTESTED_FORMATS} if roots else None,
        )
    )
    if found.credential_id != raw_id:
        raise NotAccepted("id")
    if not _asked(lambda: _is_sound(found.credential_public_key)):
        raise NotAccepted("key")
    return Passkey(
        id=raw_id,
        key=found.credential_public_key,
        counter=found.sign_count,
        handle=handle,
        aaguid=found.aaguid,
        synced=found.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        backed_up=found.credential_backed_up,
        verified=found.user_verified,
        attested=bool(roots),
        transports=transports(credential),
    )


def _asked(check: Callable[[], _Checked]) -> _Checked:
    """What the library finds. It raises whatever its own libraries raise for what it did not foresee."""
    try:
        return check()
    except NotAccepted:
        raise
    except Exception as error:  # noqa: BLE001 - what it raises for damaged input is no list anybody keeps
        raise NotAccepted(type(error).__name__) from None


def _require_challenge(credential: Mapping[str, Any], challenge: bytes) -> None:
    """The library reads the challenge leniently: one answer would then have many spellings."""
    if read(client_data(credential), "challenge") != challenge:
        raise NotAccepted("challenge")


def _without_statement(attestation: bytes) -> bytes:
    """The attestation object without its statement: what nobody asked for is not even parsed."""
    found = parse_cbor(attestation)
    return encode_cbor({"fmt": "none", "attStmt": {}, "authData": found["authData"]})


def _require_certificate(attestation: bytes) -> None:
    found = parse_attestation_object(attestation)
    chain = found.att_stmt.x5c
    if found.fmt not in _ATTESTED_FORMATS or not chain or found.auth_data.attested_credential_data is None:
        raise NotAccepted("attestation")
    certificate = x509.load_der_x509_certificate(chain[0])
    try:
        extension = certificate.extensions.get_extension_for_oid(_AAGUID_EXTENSION).value
    except x509.ExtensionNotFound:
        return
    named = b"\x04\x10" + found.auth_data.attested_credential_data.aaguid
    if not isinstance(extension, x509.UnrecognizedExtension) or extension.value != named:
        raise NotAccepted("attestation-aaguid")


def _is_sound(key: bytes) -> bool:
    """Whether a key is of the kind and size that its algorithm says."""
    decoded = decode_credential_public_key(key)
    public = decoded_public_key_to_cryptography(decoded)
    if isinstance(decoded, DecodedEC2PublicKey):
        return decoded.alg == ES256 and decoded.crv == COSECRV.P256
    if isinstance(decoded, DecodedOKPPublicKey):
        return decoded.alg == EDDSA and decoded.crv == COSECRV.ED25519
    if isinstance(decoded, DecodedRSAPublicKey):
        return decoded.alg == RS256 and isinstance(public, RSAPublicKey) and public.key_size in _RSA_BITS
    return False
