"""What browsers are asked, as `PublicKeyCredential.parseCreationOptionsFromJSON` and its sibling read it (WebAuthn L3 5.1.8 to 5.1.10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from doorward.domain.methods.passkey.relying_party import RelyingParty
from doorward.domain.methods.passkey.stored import Passkey
from doorward.infra.crypto import base64url

ES256: Final = -7
EDDSA: Final = -8
RS256: Final = -257
# In order of preference; an answer by any other algorithm is refused.
ALGORITHMS: Final = (ES256, EDDSA, RS256)
_TIMEOUT_MS: Final = 300_000


def request_options(party: RelyingParty, challenge: bytes, *, allowed: Iterable[Passkey] = ()) -> dict[str, Any]:
    """Asks for the use of a passkey. allowed: of a user who is known already; none lets the person choose, and tells
    nobody who has passkeys here.
    """
    return {
        "challenge": base64url.encode(challenge),
        "rpId": party.id,
        "timeout": _TIMEOUT_MS,
        "userVerification": party.user_verification,
        "allowCredentials": [_descriptor(passkey) for passkey in allowed],
    }


def creation_options(
    party: RelyingParty,
    challenge: bytes,
    *,
    handle: bytes,
    name: str,
    display_name: str,
    existing: Iterable[Passkey] = (),
    wants_attestation: bool = False,
) -> dict[str, Any]:
    """Asks for a new passkey. name: what tells accounts apart in the browser's list. existing: not to be made twice."""
    return {
        "rp": {"id": party.id, "name": party.name},
        "user": {"id": base64url.encode(handle), "name": name, "displayName": display_name},
        "challenge": base64url.encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": _TIMEOUT_MS,
        "excludeCredentials": [_descriptor(passkey) for passkey in existing],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": party.user_verification,
        },
        "attestation": "direct" if wants_attestation else "none",
        "extensions": {"credProps": True},
    }


def _descriptor(passkey: Passkey) -> dict[str, Any]:
    descriptor: dict[str, Any] = {"type": "public-key", "id": base64url.encode(passkey.id)}
    if passkey.transports:
        descriptor["transports"] = list(passkey.transports)
    return descriptor
