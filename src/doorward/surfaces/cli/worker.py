"""`doorward worker`: queued and scheduled work in a process of its own."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from doorward.surfaces.cli.show import note

if TYPE_CHECKING:
    from doorward.infra.tools import Tools
    from doorward.observing import Observing


def worker() -> None:
    """Run queued and scheduled work until told to end.

    `serve` does this too unless DOORWARD_WORKER__INSIDE_SERVE is off. Any number may run on one database. SIGTERM ends
    it in order: jobs in hand are finished, or left to another worker.
    """
    from doorward.app import opened
    from doorward.observing import Observing
    from doorward.settings import read_settings

    settings = read_settings()
    observing = Observing(settings)

    async def main() -> None:
        async with opened(settings, observing) as tools, observing.following(tools):
            await _work(tools, observing)

    asyncio.run(main())


async def _work(tools: Tools, observing: Observing) -> None:
    from doorward.app import finish, make_worker
    from doorward.domain.keys.ring import check_keys_open

    told_to_end = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, told_to_end.set)
    # A wrong secret must be found now and not by the first job that opens something.
    await check_keys_open(tools)
    made = make_worker(tools, observing)
    running = asyncio.create_task(made.run(), name="doorward-worker")
    note("Doorward's worker runs.")
    ending = asyncio.create_task(told_to_end.wait(), name="doorward-worker-end")
    await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    made.stop()
    await finish(running)
