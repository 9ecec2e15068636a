"""Taking secrets out of what is about to be logged: by the names they stand under and by how ours look."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

REMOVED: Final = "[removed]"
_MAX_DEPTH: Final = 4

_NAMES: Final = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|pwd|secret|token|authorization|cookie|credentials?|api[_-]?key|private[_-]?key|otp|code[_-]?verifier)s?$",
    re.IGNORECASE,
)
# Our own tokens and links (dw…_), signed tokens (eyJ…), authorization headers, and passwords in database addresses.
_VALUES: Final = re.compile(
    r"\bdw[a-z]{0,8}_[A-Za-z0-9_-]{12,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"
    r"|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}"
    r"|(?<=Basic )[A-Za-z0-9+/=]{8,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)


def redact_text(text: str) -> str:
    """The text without what looks like a secret."""
    return _VALUES.sub(REMOVED, text)


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ARG001 - a structlog processor
    """A log entry without secrets, as a step of structlog."""
    for name, value in event.items():
        event[name] = _clean(name, value, 0)
    return event


def _clean(name: str, value: Any, depth: int) -> Any:  # noqa: PLR0911 - one for each kind of value
    if _NAMES.search(name):
        return REMOVED
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, (int, float, bool)) or value is None:
        return value
    if depth == _MAX_DEPTH:
        return "[too deep]"
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), each, depth + 1) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean("", each, depth + 1) for each in value]
    return redact_text(str(value))
