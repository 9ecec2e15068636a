"""Checks that hold the house: headers, descriptions, layers, files."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from doorward.features import FEATURES
from doorward.infra.feature import INFRA
from doorward.kernel.event import Event
from doorward.settings import SECTIONS, Root

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "doorward"
MODULES = sorted(SOURCE.rglob("*.py"))


def test_opens_every_module_with_one_to_four_lines_on_what_it_is_for() -> None:
    assert len(MODULES) > 150
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            continue
        header = ast.get_docstring(ast.parse(text))
        assert header, path
        if path.name != "__init__.py":
            assert len(header.splitlines()) <= 6, path


def test_names_nothing_vaguely() -> None:
    for path in SOURCE.rglob("*"):
        assert path.stem not in {"utils", "util", "helpers", "helper", "manager", "common", "misc"}, path


def test_describes_every_setting() -> None:
    for model in (Root, *SECTIONS.values()):
        assert model.__doc__, model
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_describes_every_event_and_keeps_what_is_personal_apart() -> None:
    events = [event for feature in (*FEATURES, INFRA) for event in feature.events]
    assert len({event.type for event in events}) == len(events) > 15
    for event in events:
        assert event.__doc__
        assert event.__doc__ != Event.__doc__
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", event.type), event
        personal = {each.name for each in fields(event) if each.metadata.get("personal")}
        # The origin's address and user agent stand beside them under these names.
        assert not personal & {"address", "user_agent"}, event
        assert not {each.name for each in fields(event)} & {"password", "secret", "token", "hash"}, event


def test_lists_every_event_that_any_module_defines() -> None:
    listed = {event for feature in (*FEATURES, INFRA) for event in feature.events}

    def below(event: type[Event]) -> set[type[Event]]:
        return {each for sub in event.__subclasses__() for each in {sub, *below(sub)}}

    defined = {event for event in below(Event) if event.__module__.startswith("doorward.")}
    assert defined == listed


@pytest.mark.parametrize("layer", ["domain", "infra", "kernel"])
def test_imports_nothing_of_the_web_below_http(layer: str) -> None:
    forbidden = {"fastapi", "starlette", "uvicorn", "jinja2", "typer"}
    for path in (SOURCE / layer).rglob("*.py"):
        if path == SOURCE / "domain/messages/render.py":
            # Mail has a layout of its own; pages have theirs in the surfaces.
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                assert name.split(".")[0] not in forbidden, (path, name)
                assert not name.startswith(("doorward.http", "doorward.surfaces")), (path, name)


@pytest.mark.integration
def test_keeps_its_import_contracts() -> None:
    script = Path(sys.executable).with_name("lint-imports")
    if not script.exists():
        pytest.skip("import-linter is not installed")
    # The tree of this very file, wherever the package may be installed from.
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [script, "--no-cache"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout


def test_asks_which_database_it_is_in_one_file_only() -> None:
    """Outside of `infra.database` (and the places that read its address) nothing may tell the databases apart."""
    for path in MODULES:
        place = path.relative_to(SOURCE).as_posix()
        # What starts the product and the operator's commands read it from the address, before there is a database.
        if place.startswith(("infra/database/", "migrations/", "surfaces/cli/")) or "/" not in place:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                for each in (node.left, *node.comparators):
                    assert not (isinstance(each, ast.Constant) and each.value in {"sqlite", "postgresql"}), place


def test_names_no_index_host_in_the_locked_requirements() -> None:
    files = list((ROOT / "requirements").glob("*.txt"))
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert "://" not in "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")), path
        assert not re.search(r"--(extra-)?index-url|--find-links", text), path


def test_hashes_every_locked_requirement() -> None:
    for name in ("run.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "-"))]
        assert lines
        for line in lines:
            assert "--hash=sha256:" in line, line[:60]
