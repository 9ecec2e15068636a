"""Migrations that are killed half-way: a program that migrates in a process of its own each time, and ends that with SIGKILL.

Run as `python -m tests.make.killed_migration DATABASE_URL`. Each line of its input is one run: `step 7` dies before the
seventh statement or commit, `after 0.25` is killed after so many seconds. It answers each with `killed`, or `finished` when
the migration was through before.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from sqlalchemy import Engine, event

from doorward.infra.database import migrate


class _Steps:
    """Counts what is about to be done, and dies before one of it."""

    def __init__(self, last: int) -> None:
        self._left = last

    def step(self, *_: Any) -> None:
        """One more. SQLAlchemy calls it."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _run(url: str, kind: str, value: str) -> str:
    # The imports are the dear part of a run; a copy of this process has them already.
    child = os.fork()
    if child == 0:
        if kind == "step":
            steps = _Steps(int(value))
            event.listen(Engine, "before_cursor_execute", steps.step)
            event.listen(Engine, "commit", steps.step)
        migrate.upgrade(url)
        os._exit(0)
    if kind == "after":
        time.sleep(float(value))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return "killed"
    return "finished" if status == 0 else f"failed {status}"


def main() -> None:
    """Runs what it is told."""
    # Alembic's configuration and every module that a migration needs, before anything is copied.
    from alembic import command  # noqa: F401

    import doorward.features  # noqa: F401
    from doorward.migrations.versions import __path__ as _  # noqa: F401

    for line in sys.stdin:
        kind, value = line.split()
        print(_run(sys.argv[1], kind, value), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
