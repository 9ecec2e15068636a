"""The ceiling of the load tool: what it reaches on this machine against a server that does nothing."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path

from bench.load import Cycle, Load, measure, request
from bench.processes import free_port, start
from bench.rounds import Figures


async def ceiling(folder: Path, *, seconds: float, connections: int) -> Figures:
    """One window against the trivial server. A row that comes near this rate measures the tool."""
    port = free_port()
    command = [sys.executable, "-m", "bench.targets.trivial", str(port)]
    server = await asyncio.to_thread(
        start, "the trivial server", command, port=port, first="/", log=folder / "trivial.log"
    )
    try:
        callers = [Cycle([request("GET", "/", token="x" * 400)], contains=b'"id"') for _ in range(connections)]
        (measured,) = await measure([Load(port, callers, server.pid)], seconds=seconds)
        return asdict(measured)
    finally:
        await asyncio.to_thread(server.stop)
