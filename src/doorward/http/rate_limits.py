"""Limits each caller before an operation is done (draft-ietf-httpapi-ratelimit-headers-11, RFC 6585 section 4)."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_interface, ip_network
from typing import Final, Literal, NamedTuple
from uuid import UUID

from doorward.http.call import Call
from doorward.infra.limits.limiter import Take, make_limiter
from doorward.infra.limits.rate import Standing, read_rate
from doorward.infra.limits.settings import RateLimitSettings
from doorward.infra.tools import Tools
from doorward.kernel.problem import Kind, Problem

Limit = Literal["sign_in", "sign_up", "recovery", "refresh", "read", "write"]

_STRICT: Final = frozenset({"sign_in", "sign_up", "recovery"})
_IPV6_NETWORK: Final = 64


class RateLimited(Problem):
    """Too many requests from this address or this user in too short a time. `Retry-After` says when to go on.

    Remedy: Wait as long as `Retry-After` says, and spread requests out. The `RateLimit` headers say what is left before
    it comes to this.
    """

    code = "rate-limited"
    kind = Kind.TOO_MANY
    title = "Too many requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Wait {retry_after} s before the next request.", retry_after=retry_after)


class _Policy(NamedTuple):
    """One rate with what is said of it in headers."""

    name: bytes
    take: Take
    header: tuple[bytes, bytes]


class RateLimits:
    """Decides whether a request may go on. One per process."""

    def __init__(self, tools: Tools) -> None:
        settings = tools.section(RateLimitSettings)
        self.enabled = settings.enabled
        self.limiter = make_limiter(tools)
        self._by_address: dict[str, _Policy] = {}
        self._by_user: dict[str, _Policy] = {}
        for name in type(settings).model_fields:
            limit, per, of = name.partition("_per_")
            if per:
                rate = read_rate(getattr(settings, name))
                spoken = name.replace("_", "-").encode()
                header = (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (spoken, rate.most, rate.seconds))
                take = self.limiter.counter(name, rate, strict=limit in _STRICT)
                policy = _Policy(spoken, take, header)
                (self._by_address if of == "address" else self._by_user)[limit] = policy
        exempt = [ip_network(each, strict=False) for each in settings.exempt]

        def place(address: str) -> str | None:
            """What is counted together with an address; None where nothing is."""
            read = ip_address(address)
            if any(read in network for network in exempt):
                return None
            if isinstance(read, IPv6Address):
                # Whoever has one address of such a network has them all.
                return str(ip_interface((read, _IPV6_NETWORK)).network)
            return address

        self._place = lru_cache(maxsize=4096)(place)
        tools.figures.caches["client_networks"] = self._place.cache_info

    def count_address(self, call: Call, limit: Limit, *, last: bool) -> Awaitable[None] | None:
        """Counts a request for its address; something to wait for where the count is kept elsewhere.

        last: whether nothing else will be counted for the request. Raises RateLimited, now or when waited for.
        """
        policy = self._by_address[limit]
        # Where a proxy speaks through a Unix socket and is not declared, everybody is one.
        place = "unknown" if call.address is None else self._place(call.address)
        if place is None:
            return None
        standing = policy.take(place)
        if isinstance(standing, Standing):
            if last or not standing.allowed:
                _judge(call, policy, standing, last=last)
            return None
        return _wait(call, policy, standing, last=last)

    def count_user(self, call: Call, limit: Limit, user_id: UUID) -> Awaitable[None] | None:
        """The same for the user who asks; for limits that know no users nothing is counted."""
        policy = self._by_user.get(limit)
        if policy is None:
            return None
        standing = policy.take(user_id.int)
        if isinstance(standing, Standing):
            _judge(call, policy, standing, last=True)
            return None
        return _wait(call, policy, standing, last=True)


async def _wait(call: Call, policy: _Policy, standing: Awaitable[Standing], *, last: bool) -> None:
    _judge(call, policy, await standing, last=last)


def _judge(call: Call, policy: _Policy, standing: Standing, *, last: bool) -> None:
    """Says in the answer's headers what is left, and refuses where it is nothing."""
    if last or not standing.allowed:
        left = b'"%b";r=%d;t=%d' % (policy.name, standing.remaining, standing.reset)
        call.answer_headers = (*call.answer_headers, (b"ratelimit", left), policy.header)
    if not standing.allowed:
        raise RateLimited(standing.reset)
