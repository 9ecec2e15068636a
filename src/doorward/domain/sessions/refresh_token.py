"""The form of refresh tokens: which session, which generation, and 256 bits that only the newest holder knows.

The successor follows from the token itself and a key of ours. So a client that lost an answer gets the very same
successor again within the grace time, and nothing that could be replayed is stored anywhere.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from doorward.infra.crypto.sealing import Sealer
from doorward.infra.crypto.tokens import Purpose, Stamper
from doorward.kernel.secret import fingerprint

_REFRESH: Final = Purpose("refresh-token", "rt")
_ID_BYTES: Final = 16
_GENERATION_BYTES: Final = 4
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token taken apart."""

    session_id: UUID
    generation: int
    secret: bytes

    @property
    def stored(self) -> bytes:
        """What the database keeps of it."""
        return fingerprint(self.secret)

    def successors(self, sealer: Sealer) -> Iterator[RefreshToken]:
        """The token that follows this one, the same each time; then those that an earlier secret makes of it.

        While the installation's secret is being replaced, whoever exchanged the token may have had another one in front.
        """
        generation = self.generation + 1
        message = self.session_id.bytes + generation.to_bytes(_GENERATION_BYTES, "big") + self.secret
        for key in sealer.derive_all("refresh-token/successor"):
            yield RefreshToken(self.session_id, generation, hmac.digest(key, message, "sha256"))


def first_token(session_id: UUID) -> RefreshToken:
    """The first refresh token of a session."""
    return RefreshToken(session_id, 0, os.urandom(_SECRET_BYTES))


def write_token(stamper: Stamper, token: RefreshToken) -> str:
    """The token as text for the client."""
    generation = token.generation.to_bytes(_GENERATION_BYTES, "big")
    return stamper.stamp(_REFRESH, token.session_id.bytes + generation + token.secret)


def read_token(stamper: Stamper, text: str) -> RefreshToken | None:
    """A token from a client; None when we never made it. So a guess cannot end a stranger's session as a reuse would."""
    payload = stamper.unstamp(_REFRESH, text)
    if payload is None or len(payload) != _ID_BYTES + _GENERATION_BYTES + _SECRET_BYTES:
        return None
    generation = int.from_bytes(payload[_ID_BYTES : _ID_BYTES + _GENERATION_BYTES], "big")
    return RefreshToken(UUID(bytes=payload[:_ID_BYTES]), generation, payload[_ID_BYTES + _GENERATION_BYTES :])
