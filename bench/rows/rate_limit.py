"""What counting requests costs: who am I asked of two processes on one database, of which one counts, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from bench.load import ask, request
from bench.rounds import Contender, Figures, Result, alternate, loaded
from bench.stage import Stage

COUNTED: Final = "doorward, counted"

# So much that nobody is refused: what is measured is the counting.
_COUNTING: Final = {
    "DOORWARD_RATE_LIMITS__ENABLED": "true",
    "DOORWARD_RATE_LIMITS__READ_PER_ADDRESS": "900000000/minute",
    "DOORWARD_RATE_LIMITS__READ_PER_USER": "900000000/minute",
}


async def run(stage: Stage) -> Result:
    """Doorward beside itself, each time as a new process.

    Where things come to lie in memory and in dictionaries stays with a process for its whole life, and may be worth as much
    as what is measured here. So each window has a process of its own, and both are told the same seed for dictionaries.
    """
    doorward = stage.doorward
    if not doorward:
        return await alternate("rate-limit", stage.ground.database, {}, stage.ground.rounds)
    callers = await doorward.who_am_i()

    def contender(settings: Mapping[str, str]) -> Contender:
        async def once() -> Figures:
            server = await asyncio.to_thread(doorward.start, {**settings, "PYTHONHASHSEED": "0"})
            try:
                # Through the router, so that it is built before the window and not in it.
                await ask(server.port, request("GET", "/openapi.json"))
                return await loaded(doorward.load(callers, server), stage.ground.seconds)()
            finally:
                server.stop()

        return once

    contenders = {doorward.name: contender({}), COUNTED: contender(_COUNTING)}
    return await alternate("rate-limit", stage.ground.database, contenders, stage.ground.rounds)
