"""JSON Web Signatures (RFC 7515) over claims: one function signs, one verifies, and each key has one algorithm.

keys: making and loading them. roca: a known weakness of RSA keys. sign: the Signer. verify: the Verifier.
strict_json: reading claims without leniency.
"""

from doorward.infra.crypto.signing.keys import KeyUnsuitable, PublicKey, SigningKey, new_signing_key, public_key
from doorward.infra.crypto.signing.sign import Signer
from doorward.infra.crypto.signing.verify import KeyUnknown, TokenInvalid, Verifier

__all__ = [
    "KeyUnknown",
    "KeyUnsuitable",
    "PublicKey",
    "Signer",
    "SigningKey",
    "TokenInvalid",
    "Verifier",
    "new_signing_key",
    "public_key",
]
