"""The headers that every answer carries: what a browser may do with it and who may keep it."""

from __future__ import annotations

from operator import itemgetter
from typing import Final

from doorward.http.exchange import block_of
from doorward.http.problems import HeaderList

# For answers that are data. A page that shows something brings its own policy, which then stands alone.
_DATA_POLICY: Final = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", _DATA_POLICY),
    (b"cache-control", b"no-store"),
)
_name: Final = itemgetter(0)
_HSTS: Final = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


class AnswerHeaders:
    """Completes the headers of answers. secure: whether the public address is https, which browsers are then told to keep to."""

    def __init__(self, *, secure: bool) -> None:
        self._wanted = (*_ALWAYS, _HSTS) if secure else _ALWAYS
        self._names = frozenset(name for name, _ in self._wanted)
        # All of them as lines, for answers that bring none of their own.
        self.block = block_of(self._wanted)

    def is_free_of(self, headers: HeaderList) -> bool:
        """Whether none of these headers is one that every answer carries."""
        return self._names.isdisjoint(map(_name, headers))

    def complete(self, headers: HeaderList) -> None:
        """Adds what is missing; a header that the route set stays as it is."""
        present = self._names.intersection(map(_name, headers))
        if not present:
            headers += self._wanted
        else:
            headers += [each for each in self._wanted if each[0] not in present]
