"""The table of security requirements names tests and pages that exist, and leaves no requirement out."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs/security/asvs.md"
_ROW = re.compile(
    r"^\| V(?P<section>\d+\.\d+)\.(?P<number>\d+) \| [123] \| (?P<state>\w+) \| (?P<shown>.*) \|$", re.MULTILINE
)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_PAGE = re.compile(r"\]\(([^)#]+)\)")

# The requirements of chapters 6, 7, 8, 9, 11, 14 and 16 that apply to Doorward: by section, how many from the first on.
APPLYING = {
    "6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.7": 2, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2,
    "8.1": 4, "8.2": 4, "8.3": 3, "8.4": 2,
    "9.1": 3, "9.2": 4,
    "11.1": 4, "11.2": 5, "11.3": 4, "11.4": 4, "11.5": 2, "11.6": 2,
    "14.1": 2, "14.2": 8, "14.3": 3,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 4,
}  # fmt: skip


@cache
def names_of_tests(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def rows() -> list[re.Match[str]]:
    return list(_ROW.finditer(TABLE.read_text(encoding="utf-8")))


def test_leaves_no_applying_requirement_out() -> None:
    listed = [f"{row['section']}.{row['number']}" for row in rows()]
    applying = [f"{section}.{number}" for section, most in APPLYING.items() for number in range(1, most + 1)]
    # Of 11.7 the first does not apply.
    assert sorted(listed) == sorted([*applying, "11.7.2"])


def test_every_named_test_exists() -> None:
    named = _TEST.findall(TABLE.read_text(encoding="utf-8"))
    assert len(named) > 100
    assert [f"{path}::{name}" for path, name in named if name not in names_of_tests(path)] == []


def test_what_is_held_is_shown_by_a_test_or_a_page_and_what_is_not_says_why() -> None:
    for row in rows():
        shown = _TEST.findall(row["shown"]) or _PAGE.findall(row["shown"])
        where = f"{row['section']}.{row['number']}"
        assert row["state"] in {"held", "partly", "later"}, where
        assert shown or row["state"] == "later", where
        assert all((TABLE.parent / page).is_file() for page in _PAGE.findall(row["shown"])), where


def test_the_counts_in_the_text_are_those_of_the_table() -> None:
    states = [row["state"] for row in rows()]
    text = " ".join(TABLE.read_text(encoding="utf-8").split())
    assert (
        f"Of {len(states)} requirements {states.count('held')} are held, {states.count('partly')} partly, "
        f"{states.count('later')} later."
    ) in text
