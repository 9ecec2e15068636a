"""How far a long command is: a bar with rate and time left on a terminal, a plain line every few seconds elsewhere.

It goes to standard error, so that what the command prints stays clean.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Final, Self

_SECONDS_BETWEEN_LINES: Final = 5.0


class Progress:
    """One command's progress. total: how many things there are, or total_bytes of the file they come from; None if unknown.

    unit: what is counted, where the command does not make that plain, such as MiB.
    """

    def __init__(self, *, total: int | None = None, total_bytes: int | None = None, unit: str = "") -> None:
        self._total = total
        self._unit = f" {unit}" if unit else ""
        self._total_bytes = total_bytes
        self._began = self._said = time.monotonic()
        self._done_before = 0
        self._fraction_before = 0.0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            # Imported for a terminal only: it costs start-up time.
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                BarColumn(),
                TextColumn("{task.percentage:>3.0f}%"),
                TextColumn("{task.fields[text]}", markup=False),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=self._total or self._total_bytes, text="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, line: str) -> None:
        """A line beside the progress."""
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - what a command says

    def at(self, done: int, *, done_bytes: int | None = None, note: str = "") -> None:
        """So many are done. done_bytes: how far in the file. note: what became of them."""
        now = time.monotonic()
        text = self._text(done, done_bytes, now - self._began, note)
        if self._bar is not None:
            self._bar.update(self._task, completed=done if self._total else done_bytes or 0, text=text)
        elif now - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = now
            self.say(text)

    def go_on(self, done: int, *, done_bytes: int | None = None) -> None:
        """So many were done before, which is not this run's speed."""
        self._done_before = done
        self._fraction_before = self._fraction(done, done_bytes)
        self._began = time.monotonic()

    def _fraction(self, done: int, done_bytes: int | None) -> float:
        if self._total:
            return min(done / self._total, 1.0)
        if self._total_bytes and done_bytes is not None:
            return min(done_bytes / self._total_bytes, 1.0)
        return 0.0

    def _text(self, done: int, done_bytes: int | None, seconds: float, note: str) -> str:
        fraction = self._fraction(done, done_bytes)
        unit = self._unit
        parts = [f"{done:,}{unit} done ({fraction:.0%})" if fraction else f"{done:,}{unit} done"]
        parts.append(f"{(done - self._done_before) / max(seconds, 0.001):,.0f}{unit}/s")
        gained = fraction - self._fraction_before
        if gained > 0 and fraction < 1:
            parts.append(f"{_clock((1 - fraction) * seconds / gained)} left")
        return ", ".join(parts) + (f": {note}" if note else "")


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return (
        f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
    )
