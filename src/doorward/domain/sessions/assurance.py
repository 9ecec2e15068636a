"""How sure we are of who uses a session, in one word (SP 800-63B section 2), for `acr`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Assurance = Literal["aal1", "aal2"]


def assurance(methods: Sequence[str]) -> Assurance:
    """`aal2` after two factors of different kinds, else `aal1`. methods: of the session, as RFC 8176 names them."""
    return "aal2" if "mfa" in methods else "aal1"
