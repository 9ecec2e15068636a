"""Starting a server, waiting for its first good answer, and reading what its process tree uses (Linux: from /proc)."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(root: int) -> list[int]:
    """The process and all its descendants, as far as they live."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # it ended while we looked
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += parents.get(process, ())
    return found


def cpu_seconds(root: int) -> float:
    """Processor time that the tree used so far (user and system)."""
    ticks = 0
    for process in tree(root):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # utime and stime, and those of children that ended (a database starts a process for each connection).
        ticks += sum(int(each) for each in fields[11:15])
    return ticks / _TICKS_PER_SECOND


def busy_seconds() -> float:
    """Processor time that the whole machine used so far, what the host took away (steal) included."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _idle, _waiting, interrupt, soft_interrupt, stolen = (int(each) for each in fields)
    return (user + nice + system + interrupt + soft_interrupt + stolen) / _TICKS_PER_SECOND


def memory_mib(root: int) -> float:
    """Proportional set size of the tree in MiB: shared pages count once, split between those who share them."""
    kibibytes = 0
    for process in tree(root):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kibibytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kibibytes / 1024


@dataclass(slots=True)
class Server:
    """A server process that answers. started_in: seconds from its start to its first 200."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    started_in: float

    @property
    def pid(self) -> int:
        """The root of its process tree."""
        return self.process.pid

    def stop(self) -> None:
        """Ends it, gently first."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start(
    name: str,
    command: Sequence[str],
    *,
    port: int,
    first: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    patience: float = 60.0,
) -> Server:
    """Starts a server and returns at its first 200.

    first: the path that is asked until it answers 200. patience: seconds until giving up. Raises RuntimeError with the
    end of the server's log when it does not come up.
    """
    with log.open("ab") as output:
        begun = perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    while not _answers(port, first):
        if process.poll() is not None or perf_counter() - begun > patience:
            if process.poll() is None:
                process.kill()
            process.wait()
            tail = log.read_text(errors="replace")[-3000:]
            raise RuntimeError(f"{name} did not come up (exit {process.returncode}):\n{tail}")
        sleep(0.004)
    return Server(name, process, port, log, perf_counter() - begun)


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for whatever is measured: ours without what would configure it from outside, and with `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DOORWARD_", "OTEL_"))
        and name not in {"DATABASE_URL", "REDIS_URL", "PORT", "SENTRY_DSN"}
    }
    return kept | dict(extra or {})


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
            return connection.recv(64)[9:12] == b"200"
    except OSError:
        return False
