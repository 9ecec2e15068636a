"""The scripts behind the tasks: what they refuse, and what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from load.plot import Step, draw, knee, say_knee
from scripts import coverage_summary, release_notes, render_chart


def step(offered: float, answered: float, p95: float, failed: float = 0.0) -> Step:
    return Step(offered, answered, p95 / 3, p95, p95 * 2, failed)


def test_finds_the_knee_where_answers_pile_up() -> None:
    steps = [step(100, 100, 10), step(200, 199, 20), step(400, 390, 180), step(800, 500, 900)]
    assert knee(steps) == steps[2]
    assert say_knee(steps).startswith("The knee is at 400 requests/s (p95 180 ms); at 800 asked for, 500 were answered")
    assert "knee: 400/s" in draw(steps, caption="a machine")


@pytest.mark.parametrize("late", [step(200, 150, 20), step(200, 200, 20, failed=0.02), step(200, 200, 211)])
def test_ends_at_the_step_before_one_that_was_not_carried(late: Step) -> None:
    assert knee([step(100, 100, 10), late, step(400, 400, 10)]) == step(100, 100, 10)


def test_says_when_there_is_no_knee() -> None:
    assert say_knee([step(100, 100, 10), step(200, 199, 12)]) == "No knee up to 200 requests/s (p95 12 ms)."
    assert say_knee([step(100, 20, 5000)]) == "No knee: already 100 requests/s were too many."
    assert "knee:" not in draw([step(100, 100, 10)], caption="<a machine & more>")


def measured(lines: int, branches: int) -> dict[str, Any]:
    summary = {
        "covered_lines": lines,
        "num_statements": 100,
        "missing_lines": 100 - lines,
        "covered_branches": branches,
        "num_branches": 100,
    }
    return {"totals": summary, "files": {"a.py": {"summary": summary}}}


@pytest.mark.parametrize(("lines", "branches", "code"), [(90, 85, 0), (89, 100, 1), (100, 84, 1)])
def test_coverage_has_a_floor_for_lines_and_one_for_branches(
    tmp_path: Path, lines: int, branches: int, code: int
) -> None:
    (tmp_path / "measured.json").write_text(json.dumps(measured(lines, branches)), encoding="utf-8")
    assert coverage_summary.main(str(tmp_path / "measured.json"), str(tmp_path / "summary.md")) == code
    assert f"| lines | {lines}.0 % | 90 % |" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_releases_no_version_that_files_do_not_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert release_notes.main("999.0.0") == 1
    said = capsys.readouterr().err
    assert all(file in said for file in release_notes.versions())


def test_releases_what_the_changelog_dates_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_notes, "ROOT", tmp_path)
    changelog = "# Changelog\n\n## 0.3.0, unreleased\n\nSoon.\n\n## 0.2.0, 2026-12-01\n\n* A thing.\n\n## 0.1.0, 2026-11-01\n\nFirst.\n"
    (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    assert release_notes.notes("0.2.0") == "* A thing.\n"
    for version in ("0.3.0", "0.2", "0.4.0"):
        with pytest.raises(LookupError):
            release_notes.notes(version)


def test_renders_no_chart_with_a_value_that_is_not_there() -> None:
    with pytest.raises(render_chart.Unknown):
        render_chart.render({"ingres": True})
    with pytest.raises(render_chart.Unknown):
        render_chart._run(render_chart._parse("{{ .Values.gone }}"), {"Values": {}}, {}, {})
    with pytest.raises(render_chart.Unknown):
        render_chart._run(render_chart._parse("{{ tpl . }}"), {}, {}, {})
