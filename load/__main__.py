"""`make load`: starts a Doorward, loads it in steps of rate, and writes a table, JSON and a picture to load/results.

make load                                        SQLite in a temporary folder, or what DATABASE_URL names
make load ARGS="--steps 100,200,400 --seconds 30"
make load ARGS="--url https://staging.example.com"   a service that runs already
make load ARGS="--profile ci"                    two short steps; ends with 1 when requests fail
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from load.plot import Step, draw, say_knee

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "load/results"
ADMIN: Final = "admin@example.com"
PASSWORD: Final = "correct staple battery 9"
_START_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Profile:
    """How much is asked for. steps: requests per second; seconds: how long each is measured."""

    steps: tuple[int, ...]
    seconds: int


PROFILES: Final = {
    "full": Profile((25, 50, 100, 150, 200, 300, 400, 600), 20),
    "ci": Profile((10, 30), 8),
}


@contextlib.contextmanager
def served(doorward: str) -> Iterator[tuple[str, Path]]:
    """The address of a Doorward of our own, which ends with the block, and where it writes its mail."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="doorward-load-") as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "PORT"},
            "DOORWARD_DATA_DIR": folder,
            "DOORWARD_SERVER__PORT": str(port),
            "DOORWARD_BOOTSTRAP_ADMIN__EMAIL": ADMIN,
            "DOORWARD_BOOTSTRAP_ADMIN__PASSWORD": PASSWORD,
            # Each simulated person has an address of their own, which we tell as a proxy would.
            "DOORWARD_HTTP__TRUSTED_PROXIES": "127.0.0.1",
        }
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen([*doorward.split(), "serve"], env=environment, stdout=output, stderr=output)  # noqa: S603 - the program that the caller named
        try:
            address = f"http://127.0.0.1:{port}"
            if not _is_ready(address, process):
                raise SystemExit(f"load: the server did not start:\n{log.read_text(encoding='utf-8')}")
            yield address, Path(folder) / "mail"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)


def _is_ready(address: str, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):  # noqa: S310 - our own server
                return True
        except OSError:
            time.sleep(0.1)
    return False


def sign_up(address: str, number: int) -> list[str]:
    """Makes accounts, as many as asked for; their email addresses."""
    run = f"{os.getpid()}-{int(time.time())}"
    emails = [f"person-{run}-{each}@example.com" for each in range(number)]

    def one(place: int) -> None:
        request = urllib.request.Request(  # noqa: S310 - the address that the caller named
            f"{address}/v1/sign-up",
            data=json.dumps({"email": emails[place], "password": PASSWORD}).encode(),
            headers={
                "Content-Type": "application/json",
                "X-Forwarded-For": f"198.19.{place // 250 % 250}.{place % 250}",
            },
        )
        with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - as above
            pass

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(one, range(number)))
    return emails


def measure(address: str, rate: int, seconds: int, accounts: Path, admin: str | None, mail: Path | None) -> Step:
    """One step of rate, by locust in a process of its own. accounts: a file of addresses; the others as `run` has them."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "LOAD_ACCOUNTS": str(accounts),
            "LOAD_PASSWORD": PASSWORD,
            "LOAD_SECONDS": str(seconds),
        }
        if admin is not None:
            environment["LOAD_ADMIN"] = admin
        if mail is not None:
            environment["LOAD_MAIL"] = str(mail)
        done = subprocess.run(  # noqa: S603 - locust of this environment
            [
                sys.executable, "-m", "locust", "--locustfile", str(ROOT / "load/locustfile.py"), "--host", address,
                "--headless", "--users", str(rate), "--spawn-rate", "40", "--stop-timeout", "5", "--only-summary",
                # The locustfile ends it; this is for the case that not everybody could sign in.
                "--run-time", f"{seconds + 120}s", "--csv", f"{folder}/step", "--exit-code-on-error", "0",
                "--loglevel", "WARNING",
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise SystemExit(f"load: locust failed:\n{done.stdout}\n{done.stderr}")
        with Path(f"{folder}/step_stats.csv").open(encoding="utf-8", newline="") as file:
            total = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
        requests = int(total["Request Count"])
        return Step(
            offered=rate,
            answered=float(total["Requests/s"]),
            p50=float(total["50%"]),
            p95=float(total["95%"]),
            p99=float(total["99%"]),
            failed=int(total["Failure Count"]) / requests if requests else 1.0,
        )


def run(address: str, profile: Profile, admin: str | None, mail: Path | None = None) -> list[Step]:
    """All steps, printed as they end. admin: an administrator's address. mail: the folder that the service writes mail to."""
    with tempfile.TemporaryDirectory() as folder:
        accounts = Path(folder) / "accounts.json"
        number = max(profile.steps)
        print(f"signing up {number} people", flush=True)
        accounts.write_text(json.dumps(sign_up(address, number)), encoding="utf-8")
        print(f"{'asked/s':>8} {'answered/s':>11} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7} {'failed':>7}")
        steps = []
        for rate in profile.steps:
            step = measure(address, rate, profile.seconds, accounts, admin, mail)
            steps.append(step)
            print(
                f"{step.offered:8g} {step.answered:11.1f} {step.p50:7g} {step.p95:7g} {step.p99:7g} {step.failed:7.2%}",
                flush=True,
            )
            if step.answered < 0.5 * step.offered or step.failed > 0.5:
                print("the service is far beyond what it carries: no further steps")
                break
        return steps


def write(steps: Sequence[Step], what: str) -> None:
    """The results, as JSON and as a picture."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    caption = f"{what}; {os.cpu_count()} cores, {platform.system()} {platform.machine()}, {now:%Y-%m-%d %H:%M} UTC; the load comes from the same machine"
    document = {
        "at": now.isoformat(),
        "what": what,
        "knee": say_knee(steps),
        "steps": [step._asdict() for step in steps],
    }
    (RESULTS / "load.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "load.svg").write_text(draw(steps, caption=caption), encoding="utf-8")
    print(f"{say_knee(steps)}\nwrote {RESULTS.relative_to(ROOT)}/load.json and load.svg")


def main() -> int:
    """The exit code: 1 where the profile `ci` saw requests fail."""
    parser = argparse.ArgumentParser(prog="make load", description="Loads a Doorward in steps of rate.")
    parser.add_argument("--profile", choices=PROFILES, default="full")
    parser.add_argument("--steps", help="requests per second of each step, with commas between")
    parser.add_argument("--seconds", type=int, help="how long each step is measured")
    parser.add_argument("--url", help="a service that runs already; none is started then")
    parser.add_argument("--admin", help="the email address of an administrator there, with LOAD_PASSWORD's password")
    parser.add_argument("--doorward", default=".venv/bin/doorward", help="the command that starts Doorward")
    given = parser.parse_args()
    chosen = PROFILES[given.profile]
    profile = Profile(
        tuple(int(each) for each in given.steps.split(",")) if given.steps else chosen.steps,
        given.seconds or chosen.seconds,
    )
    if given.url:
        steps = run(given.url.rstrip("/"), profile, given.admin)
        write(steps, given.url)
    else:
        with served(given.doorward) as (address, mail):
            steps = run(address, profile, ADMIN, mail)
        write(steps, "Doorward on " + ("PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"))
    failed = given.profile == "ci" and any(step.failed > 0.01 for step in steps)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
