"""Self-made values that show where they come from and open one thing only: cursors, links, states.

Written `dw<prefix>_<base64url>`, so that secret scanners and people can tell them apart. What is inside is readable by
whoever holds the value; only changing it is prevented.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Final

from doorward.infra.crypto import base64url
from doorward.infra.crypto.sealing import Sealer

TEXT_CHARACTERS: Final = 4096
_MAC_BYTES: Final = 16
_PREFIX = re.compile(r"[a-z]{2,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a value is for, as a constant of the code. name: unique for ever. prefix: two to eight letters shown in front."""

    name: str
    prefix: str

    def __post_init__(self) -> None:
        if not self.name or _PREFIX.fullmatch(self.prefix) is None:
            raise ValueError("a purpose needs a name, and a prefix of two to eight lower-case letters")


class Stamper:
    """Makes and checks stamped values with keys derived from the sealer's secrets: the first stamps, any verifies."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._keys: dict[Purpose, tuple[bytes, ...]] = {}

    def stamp(self, purpose: Purpose, payload: bytes) -> str:
        """A value with this payload for this purpose. Raises ValueError for a payload too long to be read again."""
        mac = _mac(self._keys_for(purpose)[0], payload)
        text = f"dw{purpose.prefix}_{base64url.encode(payload + mac)}"
        if len(text) > TEXT_CHARACTERS:
            raise ValueError("the payload is too long for a stamped value")
        return text

    def unstamp(self, purpose: Purpose, text: str) -> bytes | None:
        """The payload of a value made for this purpose; None for any other purpose and any damage."""
        start = f"dw{purpose.prefix}_"
        if len(text) > TEXT_CHARACTERS or not text.startswith(start):
            return None
        try:
            data = base64url.decode(text[len(start) :])
        except ValueError:
            return None
        payload, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        for key in self._keys_for(purpose):
            if hmac.compare_digest(_mac(key, payload), mac):
                return payload
        return None

    def _keys_for(self, purpose: Purpose) -> tuple[bytes, ...]:
        keys = self._keys.get(purpose)
        if keys is None:
            keys = self._sealer.derive_all(f"stamp/{purpose.prefix}/{purpose.name}")
            self._keys[purpose] = keys
        return keys


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")[:_MAC_BYTES]
