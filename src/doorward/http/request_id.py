"""The name of a request in logs, answers and problems."""

from __future__ import annotations

import os
import random
import re
from typing import Final

_SANE: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
# Names, not secrets: a generator seeded by the system is enough and costs a tenth of asking the system each time.
_random: Final = random.Random()  # noqa: S311 - see above
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.seed)


def new_request_id() -> str:
    """Eighty random bits as 20 hexadecimal digits."""
    return f"{_random.getrandbits(80):020x}"


def accepted(value: bytes | None) -> str | None:
    """The id that a trusted proxy gave the request, if it is fit to be repeated in logs and headers."""
    if value is not None and _SANE.fullmatch(value):
        return value.decode("ascii")
    return None
