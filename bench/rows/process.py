"""What a process costs: the time from its start to the first 200, and its memory idle and under load (PSS of the tree)."""

from __future__ import annotations

import asyncio
from typing import Final

from bench.load import measure
from bench.processes import memory_mib
from bench.rounds import Contender, Figures, Result, alternate
from bench.rows.sign_in import CONNECTIONS
from bench.stage import Stage
from bench.subjects.doorward import Doorward
from bench.subjects.peer import Peer

# What an idle server still does right after its start has settled by then.
_IDLE_AFTER_SECONDS: Final = 3.0
_SAMPLED_EVERY_SECONDS: Final = 0.1


async def run(stage: Stage) -> Result:
    """A new process on the filled database in each round, beside the one that answers the other rows."""
    contenders: dict[str, Contender] = {
        subject.name: _life(stage, subject) for subject in (stage.peer, stage.doorward) if subject
    }
    return await alternate("process", stage.ground.database, contenders, stage.ground.rounds)


def _life(stage: Stage, subject: Doorward | Peer) -> Contender:
    async def once() -> Figures:
        asking = await subject.who_am_i()
        server = await asyncio.to_thread(subject.start)
        try:
            await asyncio.sleep(_IDLE_AFTER_SECONDS)
            idle = memory_mib(server.pid)
            loads = [subject.load(asking, server), subject.load(subject.sign_in(CONNECTIONS), server)]
            work = asyncio.create_task(measure(loads, seconds=stage.ground.seconds))
            highest = idle
            while not work.done():
                await asyncio.wait({work}, timeout=_SAMPLED_EVERY_SECONDS)
                highest = max(highest, await asyncio.to_thread(memory_mib, server.pid))
            work.result()
            return {"started_in": server.started_in, "idle_mib": idle, "loaded_mib": highest}
        finally:
            await asyncio.to_thread(server.stop)

    return once
