"""The reference pages say what the code says, and every setting, problem, event and permission says something."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import Field

from doorward.kernel.event import Event

ROOT = Path(__file__).parents[2]


def load() -> ModuleType:
    specification = importlib.util.spec_from_file_location("reference", ROOT / "scripts/reference.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


REFERENCE = load()


@pytest.mark.parametrize("name", REFERENCE.PAGES)
def test_the_page_is_what_the_code_says(name: str):
    # A class without a description makes this fail too: the page cannot be written.
    assert (ROOT / "docs/reference" / name).read_text(encoding="utf-8") == REFERENCE.PAGES[name]()


def test_every_page_of_the_folder_is_written_by_the_script():
    assert {each.name for each in (ROOT / "docs/reference").iterdir()} == {*REFERENCE.PAGES}


def test_refuses_a_setting_without_a_description():
    with pytest.raises(ValueError, match="DOORWARD_X has no description"):
        REFERENCE.setting_row("DOORWARD_X", Field(default=1))


def test_refuses_a_class_without_a_description():
    @dataclass(frozen=True, kw_only=True)
    class Silent(Event):
        number: int = 0

    with pytest.raises(ValueError, match="Silent has no description"):
        REFERENCE.described(Silent)
