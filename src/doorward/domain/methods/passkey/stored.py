"""What is kept of a passkey, sealed in its credential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from doorward.infra.crypto import base64url

NAME: Final = "passkey"


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as it was enrolled and last seen.

    id: the credential id, which is also the lookup key. key: COSE (RFC 9052). counter: of signatures; 0 where the
    authenticator counts none, as all do that are synced. handle: what authenticators know the user by: random, the same in
    all passkeys of one user. aaguid: the model. synced, backed_up: whether copies may exist and do. verified: whether it
    asked for a fingerprint, a face or a PIN when it was enrolled. attested: whether a certificate proved the model.
    """

    id: bytes
    key: bytes = field(repr=False)
    counter: int
    handle: bytes
    aaguid: str
    synced: bool
    backed_up: bool
    verified: bool
    attested: bool
    transports: tuple[str, ...] = ()

    @property
    def lookup_key(self) -> str:
        """What the credential is found by: one spelling for each id."""
        return base64url.encode(self.id)


def to_data(passkey: Passkey) -> dict[str, Any]:
    """A passkey as JSON."""
    return {
        "id": base64url.encode(passkey.id),
        "key": base64url.encode(passkey.key),
        "counter": passkey.counter,
        "handle": base64url.encode(passkey.handle),
        "aaguid": passkey.aaguid,
        "synced": passkey.synced,
        "backed_up": passkey.backed_up,
        "verified": passkey.verified,
        "attested": passkey.attested,
        "transports": list(passkey.transports),
    }


def from_data(data: Mapping[str, Any]) -> Passkey:
    """A passkey from JSON."""
    return Passkey(
        id=base64url.decode(data["id"]),
        key=base64url.decode(data["key"]),
        counter=data["counter"],
        handle=base64url.decode(data["handle"]),
        aaguid=data["aaguid"],
        synced=data["synced"],
        backed_up=data["backed_up"],
        verified=data["verified"],
        attested=data["attested"],
        transports=tuple(data["transports"]),
    )
