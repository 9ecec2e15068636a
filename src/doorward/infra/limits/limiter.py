"""Counts where the settings say, and in memory while that place is away: the limits are never off."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from doorward.infra.limits.database import DatabaseCounts
from doorward.infra.limits.memory import MemoryCounts, Windows
from doorward.infra.limits.rate import Rate, Standing
from doorward.infra.limits.settings import RateLimitSettings
from doorward.kernel.problem import Problem

if TYPE_CHECKING:
    from doorward.infra.tools import Tools

_log = structlog.stdlib.get_logger("doorward.limits")
_RETRY_SECONDS: Final = 1.0


Take = Callable[[str | int], Standing | Awaitable[Standing]]


class StoreAway(Exception):  # noqa: N818 - a state, which the limiter answers by counting itself
    """The store does not answer."""


class SharedCounts(Protocol):
    """Counts that several processes share."""

    async def take(self, key: str, rate: Rate) -> Standing:
        """Takes one of what a key may do. Raises when the store is away."""
        ...


class Limiter:
    """Counts by key. shares_all: whether every class is shared, or only the strict ones.

    is_away: whether the shared counts did not answer the last time; this process counts by itself meanwhile.
    """

    def __init__(self, shared: SharedCounts | None, *, shares_all: bool, local: MemoryCounts | None = None) -> None:
        self._shared = shared
        self._shares_all = shares_all
        self._local = local or MemoryCounts()
        self.is_away = False
        self._retry_at = 0.0

    @property
    def shares(self) -> bool:
        """Whether anything is counted together with other processes."""
        return self._shared is not None

    def counter(self, name: str, rate: Rate, *, strict: bool) -> Take:
        """What takes one of what a key may do under a rate. name: of the limit; keys of different limits never meet.

        It answers at once, and something to wait for only where the count is kept elsewhere.
        """
        shared = self._shared
        if shared is None or not (strict or self._shares_all):
            return Windows(rate).take
        return lambda key: self._take_shared(shared, f"{name}|{key}", rate)

    async def _take_shared(self, shared: SharedCounts, key: str, rate: Rate) -> Standing:
        now = time.monotonic()
        if self.is_away and now < self._retry_at:
            return self._local.take(key, rate)
        # Until this one is back nobody else waits for a store that may hang.
        self._retry_at = now + _RETRY_SECONDS
        try:
            standing = await shared.take(key, rate)
        except (Problem, StoreAway) as error:
            if not self.is_away:
                _log.warning(
                    "the store of the rate limits is away; each process counts by itself", reason=type(error).__name__
                )
            self.is_away = True
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            return self._local.take(key, rate)
        if self.is_away:
            self.is_away = False
            _log.warning("the store of the rate limits is back")
        return standing

    def watch(self, around: Callable[[Callable[[str, Rate], Awaitable[Standing]]], Any]) -> None:
        """Has each call of a store outside of the database watched. around: makes a function that does so of one."""
        shared = self._shared
        if shared is not None and self._shares_all:
            shared.take = around(shared.take)  # type: ignore[method-assign]  # this one store, for this one process

    async def close(self) -> None:
        """Closes the connections to the store."""
        close = getattr(self._shared, "close", None)
        if close is not None:
            await close()


def make_limiter(tools: Tools) -> Limiter:
    """The limiter that the settings ask for."""
    settings = tools.section(RateLimitSettings)
    if settings.store == "database":
        return Limiter(DatabaseCounts(tools), shares_all=False)
    if settings.store == "memory" or settings.redis_url is None:
        return Limiter(None, shares_all=False)
    from doorward.infra.limits.redis import RedisCounts  # noqa: PLC0415 - an extra, and a sixth of a second to import

    return Limiter(RedisCounts(settings.redis_url.get_secret_value()), shares_all=True)
