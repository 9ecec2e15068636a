"""Counts in Redis or Valkey, by the scripts of the library `limits`, which also knows clusters and sentinels."""

from __future__ import annotations

import asyncio
import time
from math import ceil
from typing import Any, Final

from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from doorward.infra.limits.limiter import StoreAway
from doorward.infra.limits.rate import Rate, Standing

# A limiter that waits for its store is worse than one that counts by itself for a while.
_PATIENCE_SECONDS: Final = 0.5


class RedisCounts:
    """Counts by key, shared by whoever uses the same server.

    url: `redis://`, `rediss://`, `valkey://`, `unix://`, or with `+sentinel` and `+cluster` as `limits` writes them.
    """

    def __init__(self, url: str) -> None:
        # One client speaks to both.
        spoken = url.replace("valkey", "redis", 1) if url.startswith("valkey") else url
        storage = storage_from_string(
            f"async+redis+{spoken}" if spoken.startswith("unix") else f"async+{spoken}",
            implementation="redispy",
            wrap_exceptions=True,
            key_prefix="doorward:limits",
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
        )
        if not isinstance(storage, RedisStorage) or not isinstance(storage.bridge, RedispyBridge):
            raise TypeError("not the address of a Redis or Valkey")
        # Typed as the few commands that `limits` sends; it is redis-py's own.
        self._client: Any = storage.bridge.get_connection()
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._items: dict[Rate, RateLimitItemPerSecond] = {}

    async def take(self, key: str, rate: Rate) -> Standing:
        """Takes one of what a key may do. Raises StoreAway."""
        item = self._items.get(rate)
        if item is None:
            item = self._items[rate] = RateLimitItemPerSecond(rate.most, rate.seconds, namespace="d")
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                allowed = await self._limiter.hit(item, key)
                stats = await self._limiter.get_window_stats(item, key)
        except (StorageError, OSError, TimeoutError) as error:
            raise StoreAway from error
        reset = ceil(stats.reset_time - time.time())
        return Standing(allowed, stats.remaining if allowed else 0, min(max(1, reset), rate.seconds))

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.aclose()
