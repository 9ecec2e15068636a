"""Measures the variants in turn and prints a Markdown table: `python -m bench.ablation [--seconds 4] [--rounds 3]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.ground import Ground
from bench.load import Load
from bench.postgres import running
from bench.processes import Server, free_port, start
from bench.rounds import Result, alternate, loaded
from bench.subjects.doorward import Doorward

VARIANTS: Final = {
    "as it is": "as_it_is",
    "FastAPI's router instead of the fast lane": "no_fast_lane",
    "joserfc instead of our own verification": "library_verification",
    "asyncpg's own pool": "stock_pool",
    "SQLAlchemy's engine instead of the driver": "sqlalchemy_engine",
    "four layers of BaseHTTPMiddleware": "base_http_middleware",
}


def main() -> int:
    """Runs everything; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.ablation", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(asyncio.run(_table(asked.seconds, asked.rounds)))
    return 0


async def _table(seconds: float, rounds: int) -> str:
    with tempfile.TemporaryDirectory() as name, running(Path(name) / "data") as postgres:
        ground = Ground("postgres", Path(name), 2000, seconds, rounds, 16, postgres)
        subject = Doorward(ground)
        servers: dict[str, Server] = {}
        await subject.open()
        try:
            callers = await subject.who_am_i()
            for title, factory in VARIANTS.items():
                servers[title] = await asyncio.to_thread(_start, factory, Path(name), subject.environment)
            contenders = {
                title: loaded(Load(server.port, callers, server.pid, postgres.pid), seconds)
                for title, server in servers.items()
            }
            result = await alternate("ablation", "postgres", contenders, rounds)
        finally:
            for server in servers.values():
                server.stop()
            subject.close()
    return _markdown(result)


def _start(factory: str, folder: Path, environment: dict[str, str]) -> Server:
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    return start(
        factory,
        [sys.executable, "-m", "uvicorn", f"bench.ablation.variants:{factory}", "--factory", *options],
        port=port,
        # Through the router, so that it stands before anything is measured.
        first="/openapi.json",
        log=folder / f"{factory}.log",
        environment=environment,
    )


def _markdown(result: Result) -> str:
    base, base_cpu = result.middle("as it is", "rate"), result.middle("as it is", "server_cpu") * 1e6
    lines = ["| variant | requests/s | of as it is | server CPU us | more CPU |", "| --- | ---: | ---: | ---: | ---: |"]
    for title in result.rounds:
        rate, cpu = result.middle(title, "rate"), result.middle(title, "server_cpu") * 1e6
        lines.append(f"| {title} | {rate:,.0f} | {rate / base:.2f} | {cpu:,.0f} | {cpu - base_cpu:+,.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
