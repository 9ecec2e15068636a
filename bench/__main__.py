"""The command `python -m bench`: measures the rows that were asked for, judges the goals, writes JSON and a plot."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import uvloop

from bench import goals, machine, plot, postgres, report
from bench.ceiling import ceiling
from bench.ground import Ground
from bench.rounds import Figures, Result
from bench.rows import (
    bring_in,
    flood,
    growth,
    list_page,
    passkey,
    process,
    rate_limit,
    refresh,
    sign_in,
    sign_up,
    storm,
    totp,
    user_by_id,
    who_am_i,
)
from bench.stage import SUBJECTS, set_up

# In the order in which they run: sign-up adds people, so the rows that count on their number come before it.
ROWS: Final = {
    "who-am-i": who_am_i.run,
    "user-by-id": user_by_id.run,
    "list": list_page.run,
    "rate-limit": rate_limit.run,
    "refresh": refresh.run,
    "sign-in": sign_in.run,
    "passkey": passkey.run,
    "totp": totp.run,
    "flood": flood.run,
    "storm": storm.run,
    "process": process.run,
    "import": bring_in.run,
    "growth": growth.run,
    "sign-up": sign_up.run,
}
# They bring along what they measure.
ONLY_LARGE: Final = {"growth"}
_TOLERATED_CORES: Final = 0.1
RESULTS: Final = Path(__file__).parent / "results"


def _chosen(known: tuple[str, ...]) -> Any:
    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            raise argparse.ArgumentTypeError(f"choose among {', '.join(known)}")
        return names

    return read


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    reader.add_argument(
        "--rows", type=_chosen(tuple(ROWS)), help=f"some of {', '.join(ROWS)} (default: all but growth)"
    )
    reader.add_argument("--databases", type=_chosen(("sqlite", "postgres")), default=["sqlite", "postgres"])
    reader.add_argument(
        "--subjects", type=_chosen(SUBJECTS), default=list(SUBJECTS), help="who takes part (default: all)"
    )
    reader.add_argument("--users", type=int, default=100_000, help="people in each subject's tables")
    reader.add_argument("--seconds", type=float, default=5.0, help="length of one window")
    reader.add_argument("--rounds", type=int, default=3, help="windows per contender, in turns")
    reader.add_argument("--connections", type=int, default=16, help="connections of the quick rows")
    reader.add_argument("--large", action="store_true", help="also the growth row: a thousand beside a million users")
    reader.add_argument(
        "--keep",
        type=Path,
        help="a folder for databases and logs that stays (default: a temporary one); the growth row takes what it finds there",
    )
    reader.add_argument(
        "--fill", action="store_true", help="fill the databases of the growth row into --keep, and measure nothing"
    )
    reader.add_argument("--strict", action="store_true", help="exit 1 when a goal is missed or a row failed")
    read = reader.parse_args()
    if read.users < 500 or read.rounds < 1 or read.seconds <= 0 or read.connections < 1:
        reader.error("at least 500 users, one round, one connection and a window longer than nothing")
    if read.fill and read.keep is None:
        reader.error("--fill needs --keep")
    if not read.rows:
        read.rows = [name for name in ROWS if name not in ONLY_LARGE]
    if read.large:
        read.rows = [*read.rows, *(name for name in ONLY_LARGE if name not in read.rows)]
    return read


async def _database(ground: Ground, rows: list[str], subjects: list[str], failures: list[str]) -> list[Result]:
    found: list[Result] = []
    print(f"\nbench: filling and starting on {ground.database}, {ground.users:,} users", file=sys.stderr)
    async with set_up(ground, subjects, opens=not ONLY_LARGE.issuperset(rows)) as stage:
        for name in (each for each in ROWS if each in rows):
            print(f"bench: {name} on {ground.database}", file=sys.stderr)
            try:
                result = await ROWS[name](stage)
            except Exception as error:  # noqa: BLE001 - one row that fails must not take the others with it
                failures.append(f"{name} on {ground.database}: {error}")
                print(f"bench: {failures[-1]}", file=sys.stderr)
                continue
            if any(result.rounds.values()):
                found.append(result)
                print(report.rates([result]), flush=True)
    return found


def _write(document: dict[str, Any], picture: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "latest.svg").write_text(picture, encoding="utf-8")


def main() -> int:
    """Runs what was asked for and writes the report. Gives the exit code."""
    asked = _arguments()
    # Asked to end, it stops the servers that it started, as it does after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    folder = asked.keep.resolve() if asked.keep else Path(tempfile.mkdtemp(prefix="bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    results: list[Result] = []
    try:
        with ExitStack() as stack, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            server = None
            if "postgres" in asked.databases:
                # A folder of its own under the system's temporary one, unless told: the server's own user must reach it.
                data = (
                    asked.keep.resolve()
                    if asked.keep
                    else Path(
                        stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-pg-", ignore_cleanup_errors=True))
                    )
                )
                server = stack.enter_context(postgres.running(data / "data", stays=asked.keep is not None))
            grounds = [
                Ground(
                    database,
                    folder,
                    asked.users,
                    asked.seconds,
                    asked.rounds,
                    asked.connections,
                    server if database == "postgres" else None,
                    keeps=asked.keep is not None,
                )
                for database in asked.databases
            ]
            if asked.fill:
                for ground in grounds:
                    runner.run(growth.fill(ground))
                return 0
            facts = machine.facts(server.version if server else None)
            top = runner.run(ceiling(folder, seconds=min(asked.seconds, 3.0), connections=asked.connections))
            print(
                f"bench: the load tool's own ceiling here is {top['rate']:,.0f} requests/s (p99 {top['p99'] * 1e3:.2f} ms)"
            )
            for ground in grounds:
                results += runner.run(_database(ground, asked.rows, asked.subjects, failures))
    finally:
        if asked.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return _report(asked, facts, top, results, failures)


def _report(
    asked: argparse.Namespace, facts: dict[str, Any], top: Figures, results: list[Result], failures: list[str]
) -> int:
    judged = list(goals.verdicts(results))
    print("\n" + report.rates(results))
    if judged:
        print("\n" + report.goals(judged))
    disturbance = report.disturbed(results)
    if disturbance > _TOLERATED_CORES:
        print(
            f"\nbench: other processes used up to {disturbance:.2f} cores during a window; do not quote these figures"
        )
    document = {
        "machine": facts,
        "asked": {name: value for name, value in vars(asked).items() if name != "keep"},
        "ceiling": top,
        "results": [asdict(each) for each in results],
        "goals": [asdict(each) for each in judged],
        "failures": failures,
    }
    caption = f"{facts['processor']}, {facts['cores']} cores, {asked.users:,} users, {facts['at']}, {facts['commit']}"
    _write(document, plot.draw(results, judged, caption=caption))
    print(f"\nbench: wrote {RESULTS / 'latest.json'} and latest.svg")
    for each in failures:
        print(f"bench: FAILED {each}")
    missed = bool(failures) or not all(each.met for each in judged)
    return 1 if asked.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main())
