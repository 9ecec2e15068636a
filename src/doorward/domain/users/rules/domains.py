"""Which mail domains are welcome: the operator's lists first, then the list of throw-away providers.

Domains are compared in their ASCII form (A-labels, RFC 5890), lower-cased.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import cache
from typing import Final, NamedTuple

# Bounds the memory that somebody who signs up with ever new domains can take.
_REMEMBERED: Final = 2048


class Welcome(Enum):
    """What the rules say about a domain."""

    YES = "yes"
    DENIED = "denied"
    NOT_ALLOWED = "not-allowed"
    DISPOSABLE = "disposable"


class KnownDomain(NamedTuple):
    """What was found out about a plain ASCII domain, so that the next address under it need not ask again."""

    name: str
    welcome: Welcome


class DomainRules:
    """The rules of one configuration, and what they said about recent domains.

    allowed, denied: domains such as `example.com`, or `*.example.com` for everything below it (and not itself). When any is
    allowed, every other is refused; a denied one is refused even if allowed. An allowed domain may be a disposable one.
    """

    __slots__ = ("_allowed", "_denied", "_refuse_disposable", "known")

    def __init__(self, *, allowed: Sequence[str], denied: Sequence[str], refuse_disposable: bool) -> None:
        self._allowed = frozenset(normalized_pattern(each) for each in allowed)
        self._denied = frozenset(normalized_pattern(each) for each in denied)
        self._refuse_disposable = refuse_disposable
        self.known: dict[str, KnownDomain] = {}

    def remember(self, spelling: str, domain: KnownDomain) -> None:
        """Keeps what was found out about a domain under the spelling in which it came."""
        if len(self.known) >= _REMEMBERED:
            self.known.clear()
        self.known[spelling] = domain

    def judge(self, domain: str) -> Welcome:
        """What the rules say about a domain in lower-case ASCII form."""
        if self._denied and is_listed(domain, self._denied):
            return Welcome.DENIED
        if self._allowed:
            return Welcome.YES if is_listed(domain, self._allowed) else Welcome.NOT_ALLOWED
        if self._refuse_disposable and not _disposable().isdisjoint(_with_parents(domain)):
            return Welcome.DISPOSABLE
        return Welcome.YES


def normalized_pattern(pattern: str) -> str:
    """A domain or `*.domain` of a setting in lower-case ASCII form. Raises ValueError when it is neither."""
    import idna  # noqa: PLC0415 - its tables cost start-up time that the command line's help must not pay

    wildcard, domain = ("*.", pattern.strip()[2:]) if pattern.strip().startswith("*.") else ("", pattern.strip())
    try:
        return wildcard + idna.encode(domain, uts46=True, std3_rules=True).decode("ascii").lower()
    except UnicodeError:
        raise ValueError("write a domain as 'example.com', or as '*.example.com' for all domains below it") from None


def is_listed(domain: str, patterns: frozenset[str]) -> bool:
    """Whether a domain in lower-case ASCII form is one of the patterns, or below one of them."""
    if domain in patterns:
        return True
    return not patterns.isdisjoint(f"*.{parent}" for parent in _with_parents(domain)[1:])


def _with_parents(domain: str) -> list[str]:
    """`a.b.example.com`, `b.example.com`, `example.com`, `com`."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


@cache
def _disposable() -> frozenset[str]:
    import disposable_email_domains  # noqa: PLC0415 - a megabyte that a service which allows these domains need not hold

    return frozenset(disposable_email_domains.blocklist)
