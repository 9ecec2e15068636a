"""The reference pages say what the code says, and every setting, problem, event and permission says something."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType

import pytest
from pydantic import BaseModel, Field

from doorward.features import FEATURES
from doorward.kernel.event import Event
from doorward.kernel.permission import EVERYTHING, Permission
from doorward.settings import SECTIONS
from scripts.reference import classes
from scripts.reference.pages import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str):
    # A class without a description makes this fail too: the page cannot be written.
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name]()


def test_every_page_of_the_folder_is_written_by_the_script():
    assert {str(each.relative_to(FOLDER)) for each in FOLDER.rglob("*.md")} == {*PAGES}


def modules() -> list[ModuleType]:
    classes.import_everything()
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("doorward.")]


def test_every_permission_that_any_module_defines_is_on_the_page():
    # One whose constant begins with a line below is for whoever may run commands on the machine; no role can be given it.
    defined = {
        each.name
        for module in modules()
        for name, each in vars(module).items()
        if isinstance(each, Permission) and each.description and not name.startswith("_")
    }
    listed = {each.name for feature in FEATURES for each in feature.permissions}
    # What stands for all of them is explained above the table.
    assert defined - {EVERYTHING} == listed


def test_every_section_of_settings_that_any_module_defines_is_on_the_page():
    defined = {
        each
        for module in modules()
        if module.__name__.endswith(".settings") and module.__name__ != "doorward.settings"
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, BaseModel) and each.__module__ == module.__name__
    }
    # What several sections have in common stands in a class of its own, which is no section.
    sections = {each for each in defined if each.__name__.endswith("Settings") and not each.__subclasses__()}
    assert sections <= set(SECTIONS.values())


def test_refuses_a_setting_without_a_description():
    with pytest.raises(ValueError, match="DOORWARD_X has no description"):
        classes.setting_row("DOORWARD_X", Field(default=1))


def test_refuses_a_class_without_a_description():
    @dataclass(frozen=True, kw_only=True)
    class Silent(Event):
        number: int = 0

    with pytest.raises(ValueError, match="Silent has no description"):
        classes.described(Silent)
