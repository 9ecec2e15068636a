"""Writes what the tests ran of the code as a table, and fails below the floor: 90 % of lines, 85 % of branches.

scripts/coverage_summary.py coverage.json summary.md
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

FLOORS: Final = {"lines": 90.0, "branches": 85.0}
_LOWEST: Final = 15


def shares(summary: dict[str, Any]) -> dict[str, float]:
    """What was run of the lines and of the branches, in percent; what has none counts as run."""

    def share(run: int, of: int) -> float:
        return 100 * run / of if of else 100.0

    return {
        "lines": share(summary["covered_lines"], summary["num_statements"]),
        "branches": share(summary["covered_branches"], summary["num_branches"]),
    }


def write_summary(document: dict[str, Any]) -> str:
    """The summary as Markdown: the whole, and the files with most lines that nothing ran."""
    whole = shares(document["totals"])
    lines = ["## Coverage", "", "| | run | floor |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {whole[name]:.1f} % | {floor:.0f} % |" for name, floor in FLOORS.items()]
    files = sorted(document["files"].items(), key=lambda item: -item[1]["summary"]["missing_lines"])
    lines += ["", "Where most is missing:", "", "| file | lines | branches | lines that nothing ran |"]
    lines += ["| --- | ---: | ---: | ---: |"]
    for name, file in files[:_LOWEST]:
        if file["summary"]["missing_lines"]:
            of = shares(file["summary"])
            lines.append(
                f"| {name} | {of['lines']:.0f} % | {of['branches']:.0f} % | {file['summary']['missing_lines']} |"
            )
    return "\n".join(lines) + "\n"


def main(measured: str, summary: str) -> int:
    """The exit code: 1 below a floor."""
    document = json.loads(Path(measured).read_text(encoding="utf-8"))
    text = write_summary(document)
    Path(summary).write_text(text, encoding="utf-8")
    print(text)
    whole = shares(document["totals"])
    below = [name for name, floor in FLOORS.items() if whole[name] < floor]
    for name in below:
        print(f"coverage: {whole[name]:.1f} % of {name}, and the floor is {FLOORS[name]:.0f} %", file=sys.stderr)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
