"""Dashboards and alerts ask for what there is: every metric and label of theirs exists, and every runbook can be opened."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from doorward.infra.telemetry.metrics import MEASURES
from doorward.kernel.problem import Problem

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
RULES = ROOT / "deploy/prometheus/rules/alerts.yml"
RUNBOOKS = ROOT / "docs/runbooks"

_NAME = re.compile(r"\b(?:doorward|process)_[a-z_]+")
_SELECTOR = re.compile(r"\b((?:doorward|process)_[a-z_]+)\{([^}]*)\}")
_LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")
_BY_SCRAPER = {"job", "instance", "le"}


def series() -> dict[str, set[str]]:
    """The labels of every time series that Prometheus makes of our metrics, by its name."""
    found: dict[str, set[str]] = {}
    for each in MEASURES:
        names = [each.name]
        if each.kind == "histogram":
            names = [f"{each.name}{end}" for end in ("_bucket", "_sum", "_count")]
        for name in names:
            found[name] = {*each.labels, *_BY_SCRAPER}
    return found


def expressions() -> Iterator[tuple[str, str]]:
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                yield f"{path.name}: {panel['title']}", target["expr"]
    for rule in rules():
        yield rule["alert"], rule["expr"]


def rules() -> list[dict[str, object]]:
    return [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def unknown_in(expression: str) -> set[str]:
    """What an expression asks for that there is not: series, and labels of series that there are."""
    known = series()
    named = set(_NAME.findall(expression))
    found = named - known.keys()
    for name, selector in _SELECTOR.findall(expression):
        found |= set(_LABEL.findall(re.sub(r'"[^"]*"', "", selector))) - known.get(name, set())
    grouped = {label.strip() for labels in _GROUPING.findall(expression) for label in labels.split(",")}
    return found | (grouped - {label for name in named for label in known.get(name, ())} - _BY_SCRAPER)


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_asks_only_for_series_and_labels_that_there_are(where, expression):
    assert unknown_in(expression) == set(), where


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ("sum(rate(doorward_sign_ins_total[5m]))", {"doorward_sign_ins_total"}),
        ("rate(doorward_http_request_duration_seconds[5m])", {"doorward_http_request_duration_seconds"}),
        ('rate(doorward_http_requests_total{path="/"}[5m])', {"path"}),
        ("sum by (user) (doorward_jobs)", {"user"}),
        ('doorward_jobs{state="due"} / on (instance) doorward_jobs', set()),
    ],
)
def test_finds_what_there_is_not(expression, unknown):
    assert unknown_in(expression) == unknown


def test_shows_every_metric_somewhere():
    shown = {name for _, expression in expressions() for name in _NAME.findall(expression)}
    for each in MEASURES:
        if each.name != "process_virtual_memory_bytes":  # says little on its own; beside the others in the reference
            assert any(name.startswith(each.name) for name in shown), each.name


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_names_only_codes_and_events_that_there_are(where, expression):
    import doorward.http.rate_limits  # noqa: F401 - its problem is one of those named
    from doorward.features import FEATURES

    events = {event.type for feature in FEATURES for event in feature.events}
    codes = {each.code for each in _all_problems()}
    for label, known in (("type", events), ("code", codes)):
        for pattern in re.findall(rf'\b{label}=~?"([^"$]*)"', expression):
            for part in pattern.split("|"):
                assert any(re.fullmatch(part, each) for each in known), f"{where}: {part}"


def _all_problems() -> list[type[Problem]]:
    found: list[type[Problem]] = [Problem]
    for each in found:
        found.extend(each.__subclasses__())
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_alerts_of_the_first_occurrence_too(rule):
    """`increase` sees no first one in a series that begins with it: what it is asked of must be shown from zero on."""
    from doorward.features import FEATURES
    from doorward.infra.telemetry.figures import Figures

    figures = Figures()
    figures.expect(event for feature in FEATURES for event in feature.events)
    shown = {"type": {type_ for type_, _, _ in figures.events}, "code": set(figures.database_errors)}
    for label, value in re.findall(r'increase\(\w+\{(\w+)="([^"]*)"\}', rule["expr"]):
        assert value in shown[label], value


def test_watches_every_part():
    assert [path.stem for path in DASHBOARDS] == ["database", "service", "sign-in"]
    ids = {json.loads(path.read_text(encoding="utf-8"))["uid"] for path in DASHBOARDS}
    assert len(ids) == len(DASHBOARDS)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_has_a_runbook_for_every_alert(rule):
    page = ROOT / rule["annotations"]["runbook"]
    assert page.is_file()
    assert page.parent == RUNBOOKS
    assert rule["labels"]["severity"] in {"critical", "warning"}
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"\| [^|]*\b{rule['alert']}\b[^|]*\| \[[^]]+\]\({page.name}\)", index)


def test_has_no_runbook_without_an_alert():
    named = {Path(rule["annotations"]["runbook"]).name for rule in rules()}
    assert {path.name for path in RUNBOOKS.glob("*.md")} == {*named, "README.md"}
