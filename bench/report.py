"""Results as text: one table of what each contender did, one of the goals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.goals import Verdict
from bench.rounds import Result


def rates(results: Iterable[Result]) -> str:
    """What each contender did, as medians over the rounds."""
    rows = []
    for result in results:
        for name, rounds in result.rounds.items():
            if rounds and "rate" in rounds[0]:
                rows.append([result.row, result.database, name, *_figures(result, name)])
            elif rounds:
                said = ", ".join(
                    f"{text} {result.middle(name, figure):.{digits}f} {unit}"
                    for figure, text, unit, digits in (
                        ("started_in", "first 200 after", "s", 2),
                        ("idle_mib", "idle", "MiB", 0),
                        ("loaded_mib", "loaded", "MiB", 0),
                    )
                )
                rows.append([result.row, result.database, name, said])
    titles = [
        "row",
        "database",
        "contender",
        "per s",
        "min..max",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "CPU us",
        "db CPU us",
        "others",
    ]
    return table(titles, rows, numbers_from=3)


def _figures(result: Result, name: str) -> list[str]:
    found = result.values(name, "rate")
    digits = 0 if min(found) >= 100 else 1
    cells = [f"{result.middle(name, 'rate'):,.{digits}f}", f"{min(found):,.{digits}f}..{max(found):,.{digits}f}"]
    if "p99" not in result.rounds[name][0]:
        return cells
    cells += [f"{result.middle(name, each) * 1e3:.2f}" for each in ("p50", "p95", "p99")]
    cells += [f"{result.middle(name, each) * 1e6:,.0f}" for each in ("server_cpu", "database_cpu")]
    return [*cells, f"{result.middle(name, 'others'):.2f}"]


def disturbed(results: Iterable[Result]) -> float:
    """The most that processes outside a window used in any of them, in cores."""
    found = (figures.get("others", 0.0) for each in results for rounds in each.rounds.values() for figures in rounds)
    return max(found, default=0.0)


def goals(verdicts: Iterable[Verdict]) -> str:
    """Each goal with what was measured, and whether it is met."""
    rows = [
        [
            each.row,
            each.database,
            each.text,
            each.wanted,
            f"{each.value:.2f}{each.unit}",
            f"{each.smallest:.2f}..{each.largest:.2f}",
            "met" if each.met else "NOT MET",
        ]
        for each in verdicts
    ]
    return table(["row", "database", "goal", "wanted", "measured", "min..max", ""], rows, numbers_from=4)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int) -> str:
    """A Markdown table that also reads well as plain text. Columns from `numbers_from` on are set to the right."""
    filled = [[*row, *[""] * (len(titles) - len(row))] for row in rows]
    # A sentence in place of figures, alone in its row, must not widen its column.
    widths = [
        max(len(title), *(len(row[place]) for row in filled if len(row[place]) < 60), 0)
        for place, title in enumerate(titles)
    ]

    def line(cells: Sequence[str]) -> str:
        set_out = [
            cell.rjust(width) if place >= numbers_from else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "| " + " | ".join(set_out) + " |"

    rule = [("-" * (width - 1) + ":") if place >= numbers_from else "-" * width for place, width in enumerate(widths)]
    return "\n".join([line(titles), line(rule), *(line(row) for row in filled)])
