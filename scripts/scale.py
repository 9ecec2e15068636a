"""Computes docs/scale.md: what a million, ten million and a hundred million accounts need, from measured costs and named assumptions.

scripts/scale.py            writes the page
scripts/scale.py --check    fails if the page is not what it would write
scripts/scale.py --set daily_active=0.4 checks=200    prints the page for other assumptions, and writes nothing
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs/scale.md"
TEMPLATE: Final = ROOT / "scripts/scale.template.md"
BASIS: Final = json.loads((ROOT / "bench/basis.json").read_text(encoding="utf-8"))
SIZES: Final = (1_000_000, 10_000_000, 100_000_000)

# Which part of a day's requests falls into each hour: people sleep, and come in the evening. The sum is 1.
HOURS: Final = (
    0.018, 0.010, 0.006, 0.005, 0.006, 0.012, 0.024, 0.038, 0.047, 0.050, 0.051, 0.052,
    0.054, 0.052, 0.050, 0.050, 0.052, 0.056, 0.062, 0.070, 0.078, 0.070, 0.054, 0.033,
)  # fmt: skip
_DAY: Final = 86_400
_GIB: Final = 2**30
# Estimated: three entries for each event (its id; user and id; type and id) of 24, 40 and 45 bytes, pages two thirds full.
_INDEX_BYTES: Final = 150


@dataclass(frozen=True)
class Assumptions:
    """What nobody can measure in advance. Rates are for each person who is there on a day."""

    daily_active: float = 0.2
    checks: float = 60
    checks_that_write: float = 0.5
    refreshes: float = 6
    sign_ins: float = 0.1
    wrong: float = 0.15
    growth: float = 0.3
    burst: float = 3
    burst_minutes: int = 10
    burst_hour: int = 20
    node_cores: int = 4
    busy: float = 0.7
    database_busy: float = 0.5
    waiting: float = 0.5
    devices: float = 2
    session_days: int = 60
    pool: int = 10
    queue: int = 64


MEANING: Final = {
    "daily_active": "share of the accounts that are there on a day",
    "checks": "requests with a token that reach Doorward, such as `GET /v1/me`; none from services that verify tokens themselves",
    "checks_that_write": "share of these that come more than a minute after the last one of their session and so record its last use; "
    "counted as dear as a refresh, which is more than it is",
    "refreshes": "access tokens renewed: ten minutes each, an hour in all",
    "sign_ins": "sign-ins with a right password; sessions last two weeks unused and thirty days at most",
    "wrong": "wrong passwords for each right one; they cost the same hash",
    "growth": "new accounts in a year, of those there are",
    "burst": "times the ordinary rate when everybody is told to come at once",
    "burst_minutes": "minutes that this lasts",
    "burst_hour": "hour in which it happens: the busiest",
    "node_cores": "cores of one server machine; it runs as many server processes",
    "busy": "share of the cores in use at the busiest minute, with one machine lost",
    "database_busy": "the same for the database, which has upkeep to do",
    "waiting": "seconds that 99 of 100 sign-ins may wait for their hash, at most",
    "devices": "known devices of each account",
    "session_days": "days that a row of a session stays: thirty at most, and thirty more after its end",
    "queue": "sign-ins that wait for a hash at each process before the next is refused (`DOORWARD_PASSWORD_HASHING__QUEUE_LIMIT`)",
    "pool": "database connections of each process (`DOORWARD_DATABASE__POOL_SIZE`)",
}


@dataclass(frozen=True)
class Rates:
    """Requests a second, at one moment. hashes: right and wrong sign-ins and sign-ups."""

    checks: float
    refreshes: float
    sign_ins: float
    sign_ups: float
    wrong: float

    @property
    def hashes(self) -> float:
        """All that take a hash."""
        return self.sign_ins + self.sign_ups + self.wrong

    def cores(self, where: str) -> float:
        """Cores of `server` or `database` that they keep busy."""
        cost = BASIS["cpu_ms"][where]
        return (self.checks * cost["check"] + self.refreshes * cost["refresh"] + self.hashes * cost["sign_in"]) / 1000


def rates(given: Assumptions, accounts: int, minute: int) -> Rates:
    """Of one minute of the day. Refreshes and checks that arrive in a burst grow with it like sign-ins."""
    hour = minute // 60
    factor = HOURS[hour] * 24 / _DAY
    if hour == given.burst_hour and minute % 60 < given.burst_minutes:
        factor *= given.burst
    people = accounts * given.daily_active * factor
    sign_ins = people * given.sign_ins
    return Rates(
        people * given.checks,
        people * given.refreshes,
        sign_ins,
        accounts * given.growth / 365 * factor,
        sign_ins * given.wrong,
    )


@dataclass(frozen=True)
class Waiting:
    """How long sign-ins waited for a hashing thread of one machine, in seconds, and the share that was refused."""

    p99: float
    longest: float
    refused: float


def simulate(given: Assumptions, minutes: Sequence[Rates], nodes: int) -> Waiting:
    """What happens in these minutes at one of so many machines: sign-ins arrive by chance, and hash on what other requests leave.

    The queue is first come, first served, with a thread for each core, and each holds its thread for all that a sign-in costs.
    Token checks go first, as the lower priority of hashing threads has it.
    """
    chance = random.Random(19)  # noqa: S311 - a simulation that must come out the same each time
    threads, sign_in = given.node_cores, BASIS["cpu_ms"]["server"]["sign_in"] / 1000
    ends: deque[float] = deque([0.0] * threads, threads)
    starts: deque[float] = deque()
    waited: list[float] = []
    refused = 0
    for minute, now in enumerate(minutes):
        free = max(given.node_cores - replace(now, sign_ins=0, sign_ups=0, wrong=0).cores("server") / nodes, 0.05)
        seconds = sign_in * given.node_cores / free
        for arrival in arrivals(chance, now.hashes / nodes, minute * 60.0):
            while starts and starts[0] <= arrival:
                starts.popleft()
            if len(starts) >= given.queue * given.node_cores:
                refused += 1
                continue
            # With as long a hash for everybody, whoever was served `threads` turns ago leaves the next free thread.
            start = max(arrival, ends[0])
            ends.append(start + seconds)
            if start > arrival:
                starts.append(start)
            waited.append(start - arrival)
    waited.sort()
    return Waiting(waited[int(len(waited) * 0.99)], waited[-1], refused / (refused + len(waited)))


def day(given: Assumptions, accounts: int) -> list[Rates]:
    """Every minute of it."""
    return [rates(given, accounts, minute) for minute in range(1440)]


def busiest(given: Assumptions, accounts: int) -> Rates:
    """The minute with most to do."""
    return max(day(given, accounts), key=lambda each: each.cores("server"))


def all_at_once(given: Assumptions, accounts: int) -> Rates:
    """The busiest hour in which everybody who is there on a day signs in anew, and nobody can do anything before."""
    return Rates(0, 0, accounts * given.daily_active / 3600, 0, 0)


def minutes_until_all_are_back(given: Assumptions, accounts: int, nodes: int) -> float:
    """How long the machines hash for everybody who is there on a day, and do nothing else."""
    each = BASIS["cpu_ms"]["server"]["sign_in"] / 1000
    return accounts * given.daily_active * each / (nodes * given.node_cores) / 60


def arrivals(chance: random.Random, rate: float, start: float) -> Iterator[float]:
    """The moments of one minute at which somebody comes, one independent of the other."""
    moment = start
    while rate > 0:
        moment -= math.log(1 - chance.random()) / rate
        if moment >= start + 60:
            return
        yield moment


@dataclass(frozen=True)
class Need:
    """What so many accounts need."""

    accounts: int
    peak: Rates
    nodes: int
    waiting: Waiting
    lost: Waiting
    storm: Waiting
    back: float
    server_cores: float
    hashing_cores: float
    database_cores: float
    writes: float
    memory_gib: float
    connections: int
    stored: float
    stored_a_year: float
    events_a_day: float


def need(given: Assumptions, accounts: int) -> Need:
    """Sizes servers so that with one machine lost the busiest minute still fits and nobody waits too long for a hash."""
    peak = busiest(given, accounts)
    cores = peak.cores("server")
    # One machine is there for the case that another is lost.
    nodes = math.ceil(cores / given.busy / given.node_cores) + 1
    minutes = day(given, accounts)
    while (lost := simulate(given, minutes, nodes - 1)).p99 > given.waiting or lost.refused:
        nodes += 1
    memory = BASIS["memory_mib"]
    touches = peak.checks * given.checks_that_write
    of_touches = touches * BASIS["cpu_ms"]["database"]["refresh"] / 1000
    people, size = accounts * given.daily_active, BASIS["bytes"]["postgresql"]
    sign_ins = people * given.sign_ins
    events = (
        people * given.refreshes * size["event"]["refresh"] + sign_ins * (1 + given.wrong) * size["event"]["sign_in"]
    )
    return Need(
        accounts,
        peak,
        nodes,
        simulate(given, minutes, nodes),
        lost,
        simulate(given, [all_at_once(given, accounts)] * 5, nodes),
        minutes_until_all_are_back(given, accounts, nodes),
        cores,
        peak.hashes * BASIS["cpu_ms"]["hash"] / 1000,
        peak.cores("database") + of_touches,
        peak.refreshes + peak.hashes + touches,
        nodes * given.node_cores * (memory["process"] + memory["load"] + memory["hash"]) / 1024,
        nodes * given.node_cores * given.pool,
        (accounts * (size["user"] + given.devices * size["device"]) + sign_ins * given.session_days * size["session"])
        / _GIB,
        (events * 365 + accounts * given.growth * size["user"]) / _GIB,
        people * given.refreshes + sign_ins * (1 + given.wrong),
    )


def cores_to_have(needed: Need, given: Assumptions) -> int:
    """Of the database; two at least, for its upkeep."""
    return max(2, math.ceil(needed.database_cores / given.database_busy))


def table(*rows: tuple[str, ...]) -> str:
    """A Markdown table: the first row is its head, and all columns but the first are numbers."""
    head, *body = rows
    lines = [head, ("---", *("---:" for _ in head[1:])), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float) -> str:
    """Two figures that mean something, and thousands apart."""
    if value == 0:
        return "0"
    digits = max(0, 1 - math.floor(math.log10(abs(value))))
    return (
        f"{round(value, digits):,.{digits}f}"
        if value < 10
        else f"{round(value, 1 - math.floor(math.log10(value))):,.0f}"
    )


def needs_table(needs: list[Need], given: Assumptions) -> str:
    """One column for each size."""

    def row(name: str, *values: str) -> tuple[str, ...]:
        return (name, *values)

    return table(
        row("Accounts", *(f"{each.accounts:,}" for each in needs)),
        row("People on a day", *(number(each.accounts * given.daily_active) for each in needs)),
        row("Token checks a second, busiest minute", *(number(each.peak.checks) for each in needs)),
        row("Refreshes a second", *(number(each.peak.refreshes) for each in needs)),
        row("Hashes a second", *(number(each.peak.hashes) for each in needs)),
        row("Server cores in use", *(number(each.server_cores) for each in needs)),
        row("of these, hashing", *(number(each.hashing_cores) for each in needs)),
        row(
            f"**Server machines** of {given.node_cores} cores, one of them spare",
            *(f"**{each.nodes}**" for each in needs),
        ),
        row("Memory of all servers, GiB", *(number(each.memory_gib) for each in needs)),
        row("Wait for a hash, 99 of 100, ms", *(number(each.waiting.p99 * 1000) for each in needs)),
        row("the same with a machine lost, ms", *(number(each.lost.p99 * 1000) for each in needs)),
        row("the longest wait of the day then, ms", *(number(each.lost.longest * 1000) for each in needs)),
        row(
            "When all sessions end and all come back within an hour: wait of 99 of 100, s",
            *(f"{each.storm.p99:.1f}" for each in needs),
        ),
        row("of them refused at the first try, %", *(number(each.storm.refused * 100) for each in needs)),
        row("minutes until all are back, at least", *(number(max(60, each.back)) for each in needs)),
        row("Database cores in use", *(number(each.database_cores) for each in needs)),
        row(
            "**Database cores** to have",
            *(f"**{cores_to_have(each, given)}**" for each in needs),
        ),
        row("Commits a second", *(number(each.writes) for each in needs)),
        row("Connections, all pools full", *(f"{each.connections:,}" for each in needs)),
        row("Accounts, devices and sessions, GiB", *(number(each.stored) for each in needs)),
        row("Events and new accounts, GiB a year", *(number(each.stored_a_year) for each in needs)),
        row("Events a day", *(number(each.events_a_day) for each in needs)),
    )


def chart(given: Assumptions, accounts: int, nodes: int) -> str:
    """The cores in use over a day, by quarters of an hour, as a diagram."""
    values = [rates(given, accounts, minute).cores("server") for minute in range(0, 1440, 15)]
    top = math.ceil(nodes * given.node_cores)
    return (
        f'```mermaid\nxychart-beta\n  title "Server cores in use over a day, {accounts:,} accounts"\n'
        f'  x-axis "hour" 0 --> 24\n  y-axis "cores" 0 --> {top}\n'
        f"  line [{', '.join(f'{each:.2f}' for each in values)}]\n```\n"
    )


STORED: Final[dict[str, Any]] = {
    "account, with its first event and address": lambda of: of["user"],
    "session": lambda of: of["session"],
    "device": lambda of: of["device"],
    "event of a sign-in, with what it says of the person": lambda of: of["event"]["sign_in"],
    "event of a refresh": lambda of: of["event"]["refresh"],
}


def page(given: Assumptions) -> str:
    """The whole page."""
    needs = [need(given, accounts) for accounts in SIZES]
    small, middle, large = needs
    # What two settings' worth of change brings at the largest size.
    lean = need(replace(given, refreshes=given.refreshes / 6, checks=given.checks / 6), large.accounts)
    cpu, size, memory = BASIS["cpu_ms"], BASIS["bytes"], BASIS["memory_mib"]
    event = size["postgresql"]["event"]
    values = {
        "small": f"{small.accounts:,}",
        "middle": f"{middle.accounts:,}",
        "large": f"{large.accounts:,}",
        "burst": f"{given.burst:g}",
        "needs": needs_table(needs, given),
        "chart": chart(given, middle.accounts, middle.nodes),
        "large_hashes": number(large.peak.hashes),
        "large_hashing": number(large.hashing_cores),
        "small_writes": number(small.writes),
        "middle_writes": number(middle.writes),
        "large_writes": number(large.writes),
        "of_refreshes": f"{given.refreshes * event['refresh']:,.0f}",
        "of_sign_ins": f"{given.sign_ins * (1 + given.wrong) * event['sign_in']:,.0f}",
        "small_on_sqlite": f"{small.accounts * size['sqlite']['user'] / _GIB:,.1f}",
        "middle_nodes": str(middle.nodes),
        "middle_cores": str(cores_to_have(middle, given)),
        "middle_a_year": number(middle.stored_a_year),
        "large_nodes": str(large.nodes),
        "large_cores": str(cores_to_have(large, given)),
        "large_a_year_tib": number(large.stored_a_year / 1024),
        "lean_writes": number(lean.writes),
        "lean_cores": str(cores_to_have(lean, given)),
        "lean_a_year_tib": number(lean.stored_a_year / 1024),
        "index_bytes": str(_INDEX_BYTES),
        "large_full": number(64 * _GIB / _INDEX_BYTES / large.events_a_day),
        "middle_full": number(64 * _GIB / _INDEX_BYTES / middle.events_a_day),
        "machine": BASIS["machine"],
        "measured": BASIS["measured"],
        "costs": table(
            ("What one costs in CPU, ms", "server", "PostgreSQL"),
            *(
                (name, str(cpu["server"][key]), str(cpu["database"][key]))
                for name, key in (
                    ("token check (`GET /v1/me`)", "check"),
                    ("refresh", "refresh"),
                    (f"sign-in, of which the hash {cpu['hash']}", "sign_in"),
                )
            ),
        ),
        "cpu_command": cpu["command"],
        "process_mib": str(memory["process"]),
        "load_mib": str(memory["load"]),
        "hash_mib": str(memory["hash"]),
        "stored": table(
            ("Bytes with all indexes", "SQLite", "PostgreSQL"),
            *((name, f"{of(size['sqlite']):,}", f"{of(size['postgresql']):,}") for name, of in STORED.items()),
        ),
        "bytes_command": size["command"],
        "assumed": table(
            ("Name", "Value"),
            *((f"`{each.name}`: {MEANING[each.name]}", f"{getattr(given, each.name):g}") for each in fields(given)),
        ),
        "hours": ", ".join(f"{share * 100:g}" for share in HOURS),
        "waiting": f"{given.waiting:g}",
    }
    return TEMPLATE.read_text(encoding="utf-8").format(**values)


def main(arguments: list[str]) -> int:
    """Writes, checks or prints; the exit code."""
    if "--set" in arguments:
        kinds = {each.name: int if each.type == "int" else float for each in fields(Assumptions)}
        pairs = [each.partition("=") for each in arguments if "=" in each]
        if unknown := [name for name, _, _ in pairs if name not in kinds]:
            print(f"scale: there is no assumption {unknown[0]}; there are {', '.join(kinds)}", file=sys.stderr)
            return 2
        try:
            given = {name: kinds[name](value) for name, _, value in pairs}
        except ValueError as error:
            print(f"scale: {error}", file=sys.stderr)
            return 2
        print(page(replace(Assumptions(), **given)))
        return 0
    text = page(Assumptions())
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in arguments:
        print("docs/scale.md is not what scripts/scale.py computes: run `make reference`", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    print("wrote docs/scale.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
