"""Nothing that can be set, run or answered is missing from the guides: each has a page that says how and why."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from doorward.kernel.problem import Problem
from doorward.settings import variables
from doorward.surfaces.cli.lazy import Commands
from doorward.surfaces.cli.program import COMMANDS
from scripts.reference import classes as reference

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs/guides"
INDEX = (GUIDES / "README.md").read_text(encoding="utf-8")
TROUBLESHOOTING = (GUIDES / "troubleshooting.md").read_text(encoding="utf-8")
SECTIONS = sorted({path.rpartition(".")[0] for _, path, _ in variables()})
# A misspelled one, what Kubernetes would make of a Service's name, and a variable of compose.yaml.
NOT_SETTINGS = {"DOORWARD_DATABASE__POOLSIZE", "DOORWARD_PORT", "DOORWARD_ISSUER"}
_ROW = re.compile(r"^\| \[`(?:doorward )?(?P<name>[\w-]+)`\]\(\S+\) \| \[[^]]+\]\((?P<page>[\w-]+\.md)", re.MULTILINE)
_VARIABLE = re.compile(r"\bDOORWARD_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
# At the beginning of a line or of words in a text, or behind a path: elsewhere it is a name, as in `kubectl -n doorward`.
_COMMAND = re.compile(r"(?:^|`|bin/|-- )doorward ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?(?=[ `\n|)&;])", re.MULTILINE)


def pages_of_index() -> dict[str, str]:
    return {row["name"]: (GUIDES / row["page"]).read_text(encoding="utf-8") for row in _ROW.finditer(INDEX)}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_the_settings_is_explained_where_the_index_says(section: str):
    prefix = f"DOORWARD_{section.upper()}__" if section else "DOORWARD_MODE"
    # Some are honored under the name that platforms give them.
    known = {"database": "DATABASE_URL"}.get(section, prefix)
    page = pages_of_index()[section or "general"]
    assert prefix in page or known in page


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained_where_the_index_says(command: str):
    assert re.search(rf"doorward {command}\b", pages_of_index()[command])


def codes() -> list[str]:
    reference.import_everything()
    return [each.code for each in reference.problems()]


def test_every_problem_has_one_remedy():
    by_code = TROUBLESHOOTING.partition("## By error code")[2]
    named = Counter(re.findall(r"^\| `([a-z-]+)` \|", by_code, re.MULTILINE))
    assert named == dict.fromkeys(codes(), 1)


def test_problems_are_known_by_the_class_that_they_have():
    # Else the test above would compare two empty lists.
    assert len(codes()) > 50
    assert issubclass(reference.problems()[0], Problem)


def texts() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", texts(), ids=lambda page: str(page.relative_to(ROOT)))
def test_names_no_setting_that_is_not_there(page: Path):
    known = {variable for variable, _, _ in variables()}
    families = {name.rpartition("__")[0] for name in known}
    found = set(_VARIABLE.findall(page.read_text(encoding="utf-8")))
    wrong = {name for name in found if name.removesuffix("_FILE") not in known and name not in families}
    assert wrong - NOT_SETTINGS == set()


@cache
def verbs_of_commands() -> dict[str, frozenset[str]]:
    verbs = {}
    for name, lazy in COMMANDS.items():
        module, _, attribute = lazy.place.partition(":")
        found = getattr(importlib.import_module(module), attribute)
        verbs[name] = frozenset(found.all) if isinstance(found, Commands) else frozenset()
    return verbs


@pytest.mark.parametrize("page", texts(), ids=lambda page: str(page.relative_to(ROOT)))
def test_names_no_command_that_is_not_there(page: Path):
    verbs = verbs_of_commands()
    code = "\n".join(
        re.findall(r"`[^`\n]+`|^```(?:sh|text).*?^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
    wrong = [
        " ".join(filter(None, words))
        for words in _COMMAND.findall(code)
        if words[0] not in verbs or (verbs[words[0]] and words[1] and words[1] not in verbs[words[0]])
    ]
    assert wrong == []
