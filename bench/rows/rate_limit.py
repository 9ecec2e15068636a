"""What counting requests costs: who am I asked of two processes on one database, of which one counts, in memory."""

from __future__ import annotations

import asyncio
from typing import Final

from bench.rounds import Contender, Result, alternate, loaded
from bench.stage import Stage

COUNTED: Final = "doorward, counted"

# So much that nobody is refused: what is measured is the counting.
_COUNTING: Final = {
    "DOORWARD_RATE_LIMITS__ENABLED": "true",
    "DOORWARD_RATE_LIMITS__READ_PER_ADDRESS": "900000000/minute",
    "DOORWARD_RATE_LIMITS__READ_PER_USER": "900000000/minute",
}


async def run(stage: Stage) -> Result:
    """Doorward beside itself."""
    contenders: dict[str, Contender] = {}
    if not stage.doorward:
        return await alternate("rate-limit", stage.ground.database, contenders, stage.ground.rounds)
    # Both alone and new, so that nothing else tells them apart.
    plain = await asyncio.to_thread(stage.doorward.start)
    counting = await asyncio.to_thread(stage.doorward.start, _COUNTING)
    try:
        for name, server in ((stage.doorward.name, plain), (COUNTED, counting)):
            load = stage.doorward.load(await stage.doorward.who_am_i(), server)
            contenders[name] = loaded(load, stage.ground.seconds)
        return await alternate("rate-limit", stage.ground.database, contenders, stage.ground.rounds)
    finally:
        plain.stop()
        counting.stop()
