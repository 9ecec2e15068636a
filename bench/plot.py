"""The results as one small SVG: for each row bars of the rates, and for each goal how far beyond its limit it is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from bench.goals import Verdict
from bench.rounds import Result

_WIDTH: Final = 960
_LEFT: Final = 400
_BAR: Final = 15
_LINE: Final = 20
_SPAN: Final = _WIDTH - _LEFT - 130
# Dark enough on white, and told apart by the color-blind (Okabe and Ito's set).
_OURS: Final = "#0072b2"
_OTHERS: Final = "#9aa5b1"
_COMPARED: Final = ("fastapi-users", "bare driver", "raw ")
_MISSED: Final = "#d55e00"
_MOST: Final = 4.0  # a goal reached more than four times over is drawn as four


def draw(results: Sequence[Result], verdicts: Sequence[Verdict], *, caption: str) -> str:
    """The picture as text. caption: machine and date, in one line."""
    parts: list[str] = []
    y = 60
    for result in results:
        shown = [name for name, rounds in result.rounds.items() if rounds and "rate" in rounds[0]]
        if not shown:
            continue
        y += 14
        parts.append(_text(20, y, f"{result.row}, {result.database}", bold=True))
        y += 8
        highest = max(max(result.values(name, "rate")) for name in shown)
        for name in shown:
            parts += _rate(result, name, y, highest)
            y += _LINE
    if verdicts:
        y += 34
        limit = _LEFT + _SPAN / _MOST
        parts.append(_text(20, y, "Goals: the line is the limit, further right is better", bold=True))
        top = y + 6
        y += 12
        for each in verdicts:
            length = max(2.0, min(each.reached, _MOST) / _MOST * _SPAN)
            parts.append(_text(_LEFT - 10, y + 12, f"{each.row}, {each.database}: {each.text}", end=True))
            parts.append(_bar(y, length, _OURS if each.met else _MISSED))
            parts.append(
                _text(
                    max(_LEFT + length, limit) + 6,
                    y + 12,
                    f"{each.value:.2f}{each.unit} ({each.wanted.split(' (')[0]})",
                )
            )
            y += _LINE
        parts.append(
            f'<line x1="{limit:.1f}" x2="{limit:.1f}" y1="{top}" y2="{y}" stroke="#222" stroke-dasharray="3 3"/>'
        )
    height = y + 30
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12" '
        f'role="img" aria-label="Doorward beside its peers">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
    )
    title = _text(
        20, 28, "Doorward beside its peers (answers per second, median; whiskers: lowest and highest round)", bold=True
    )
    return "\n".join([head, title, _text(20, 46, caption), *parts, "</svg>", ""])


def _rate(result: Result, name: str, y: int, highest: float) -> list[str]:
    found = result.values(name, "rate")
    middle = result.middle(name, "rate")
    low, high = (_LEFT + each / highest * _SPAN for each in (min(found), max(found)))
    return [
        _text(_LEFT - 10, y + 12, name, end=True),
        _bar(y, middle / highest * _SPAN, _OTHERS if name.startswith(_COMPARED) else _OURS),
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 8}" y2="{y + 8}" stroke="#222"/>',
        _text(high + 6, y + 12, f"{middle:,.0f}" if middle >= 100 else f"{middle:.1f}"),
    ]


def _bar(y: int, length: float, color: str) -> str:
    return f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{color}"/>'


def _text(x: float, y: float, words: str, *, bold: bool = False, end: bool = False) -> str:
    style = (' font-weight="bold"' if bold else "") + (' text-anchor="end"' if end else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#222"{style}>{escape(words)}</text>'
