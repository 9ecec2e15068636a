"""The results as one small SVG: what half, 95 and 99 of 100 answers take, against the rate that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final, NamedTuple

_WIDTH: Final = 860
_HEIGHT: Final = 460
_LEFT: Final = 70
_RIGHT: Final = 90
_TOP: Final = 70
_BOTTOM: Final = 60
# Dark enough on white, and told apart by the color-blind (Okabe and Ito's set).
_LINES: Final = (("p50", "#009e73"), ("p95", "#0072b2"), ("p99", "#d55e00"))


class Step(NamedTuple):
    """One rate. offered, answered: requests per second; p50, p95, p99: milliseconds; failed: share of the requests."""

    offered: float
    answered: float
    p50: float
    p95: float
    p99: float
    failed: float


def knee(steps: Sequence[Step]) -> Step | None:
    """The last step that the service carried: it kept up, hardly anything failed, and answers did not yet pile up.

    They do where p95 is 200 ms above that of the first step, which people begin to notice, and four times it: it takes in
    signing in, which hashes. None: the service did not carry even the first.
    """
    found = None
    for step in steps:
        has_kept_up = step.answered >= 0.9 * step.offered and step.failed <= 0.01
        if not has_kept_up or step.p95 > max(4 * steps[0].p95, steps[0].p95 + 200):
            break
        found = step
    return found


def say_knee(steps: Sequence[Step]) -> str:
    """The knee in one sentence."""
    found = knee(steps)
    if found is None:
        return f"No knee: already {steps[0].offered:g} requests/s were too many."
    if found is steps[-1]:
        return f"No knee up to {found.offered:g} requests/s (p95 {found.p95:g} ms)."
    after = steps[list(steps).index(found) + 1]
    return (
        f"The knee is at {found.offered:g} requests/s (p95 {found.p95:g} ms); "
        f"at {after.offered:g} asked for, {after.answered:.0f} were answered (p95 {after.p95:g} ms)."
    )


def draw(steps: Sequence[Step], *, caption: str) -> str:
    """The picture as text. caption: machine and date, in one line."""
    most = max(step.offered for step in steps)
    low = floor(log10(max(1.0, min(step.p50 for step in steps))))
    high = max(low + 1, ceil(log10(max(step.p99 for step in steps))))

    def x(rate: float) -> float:
        return _LEFT + rate / most * (_WIDTH - _LEFT - _RIGHT)

    def y(milliseconds: float) -> float:
        share = (log10(max(milliseconds, 10**low)) - low) / (high - low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"',
        f'  font-family="sans-serif" font-size="12" aria-label="{escape(say_knee(steps))}">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        _text(20, 26, "What answers take, in milliseconds, against requests per second", bold=True),
        _text(20, 44, caption),
    ]
    for power in range(low, high + 1):
        for digit in (1, 2, 5) if power < high else (1,):
            at = y(digit * 10**power)
            parts += [
                f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>',
                _text(_LEFT - 8, at + 4, f"{digit * 10**power:g}", anchor="end"),
            ]
    for step in steps:
        parts.append(_text(x(step.offered), _HEIGHT - _BOTTOM + 18, f"{step.offered:g}", anchor="middle"))
    lowest = float("inf")
    for name, color in _LINES:  # from the lowest up
        points = [(x(step.offered), y(getattr(step, name))) for step in steps]
        path = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3" fill="{color}"/>' for left, top in points]
        # Lines that end close together would write over each other.
        lowest = min(points[-1][1] + 4, lowest - 13)
        parts.append(_text(points[-1][0] + 8, lowest, name, color=color))
    if (found := knee(steps)) is not None and found is not steps[-1]:
        at = x(found.offered)
        parts += [
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="#222" stroke-dasharray="4 3"/>',
            _text(at, _TOP - 6, f"knee: {found.offered:g}/s", anchor="middle", bold=True),
        ]
    parts += [_text(20, _HEIGHT - 14, say_knee(steps)), "</svg>", ""]
    return "\n".join(parts)


def _text(x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False, color: str = "#222") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"{weight}>{escape(text)}</text>'
