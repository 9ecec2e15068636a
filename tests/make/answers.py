"""What two answers are compared by: everything but what is random in each."""

from __future__ import annotations

from typing import Any

_RANDOM = frozenset({"attempt", "support_code", "request_id", "instance", "challenge"})


def without_names(document: Any) -> Any:
    """An answer without what is random in every answer."""
    if isinstance(document, dict):
        return {name: without_names(value) for name, value in document.items() if name not in _RANDOM}
    return [without_names(each) for each in document] if isinstance(document, list) else document
