"""How recovery codes look and are stored.

Each has 120 random bits, so a salted SHA-256 is enough (SP 800-63B section 3.1.2.2 asks for a slow hash below 112): a flood
of guesses costs nothing. What is stored is sealed on top of it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from doorward.kernel.secret import same

NAME: Final = "recovery_code"
COUNT: Final = 10
# When so few are left, it is time for new ones.
FEW: Final = 3
# Crockford's base32: nothing that looks alike, and what people misread is put right.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD: Final = str.maketrans("OIL", "011")
_CHARACTERS: Final = 24
_GROUP: Final = 4
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class CodeSet:
    """The codes of a user that were not used yet, hashed."""

    salt: bytes
    left: tuple[bytes, ...]

    def data(self) -> dict[str, Any]:
        """As it is stored."""
        return {"salt": self.salt.hex(), "left": [each.hex() for each in self.left]}

    def find(self, typed: str) -> bytes | None:
        """The hash of a code that was typed, if it is one of those left."""
        text = _plain(typed)
        wanted = _hash(self.salt, text or "")
        # Each is compared, so that the time does not tell which one it was.
        found = [each for each in self.left if same(each, wanted)]
        return found[0] if found and text is not None else None

    def without(self, used: bytes) -> CodeSet | None:
        """The codes left after one was used; None when it is not among them."""
        return CodeSet(self.salt, tuple(each for each in self.left if each != used)) if used in self.left else None


def new_codes() -> tuple[str, ...]:
    """Ten codes: `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`."""
    texts = ("".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS)) for _ in range(COUNT))
    return tuple("-".join(text[at : at + _GROUP] for at in range(0, _CHARACTERS, _GROUP)) for text in texts)


def hashed(codes: Sequence[str]) -> CodeSet:
    """Codes as they are stored."""
    salt = os.urandom(16)
    return CodeSet(salt, tuple(_hash(salt, _plain(code) or "") for code in codes))


def read(data: Mapping[str, Any]) -> CodeSet:
    """The codes from what is stored."""
    return CodeSet(bytes.fromhex(data["salt"]), tuple(bytes.fromhex(each) for each in data["left"]))


def _plain(typed: str) -> str | None:
    """A code as it is hashed, however it was typed; None for what is none."""
    text = "".join(character for character in typed[:_LONGEST] if character not in " -").upper().translate(_MISREAD)
    return text if len(text) == _CHARACTERS and all(character in _ALPHABET for character in text) else None


def _hash(salt: bytes, text: str) -> bytes:
    return hashlib.sha256(salt + text.encode()).digest()
