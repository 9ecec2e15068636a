"""Every member and parameter of the API's description says what it means, and carries examples."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from doorward.surfaces.cli.openapi import description
from doorward.surfaces.rest.meanings import MEANINGS, members

pytestmark = pytest.mark.integration


@cache
def document() -> dict[str, Any]:
    return description()


def test_every_member_and_parameter_says_what_it_means() -> None:
    silent = [f"{name} of {where}" for where, name, schema in members(document()) if not schema.get("description")]
    assert silent == [], (
        "say what these mean, with Field(description=…) where they are declared, or in "
        f"src/doorward/surfaces/rest/meanings.py where the name means the same everywhere: {silent}"
    )


def test_no_meaning_is_of_a_member_that_is_gone() -> None:
    used = {
        key
        for _, name, schema in members(document())
        for key in (name, name.rpartition(".")[2])
        if schema.get("description") == MEANINGS.get(key)
    }
    assert MEANINGS.keys() - used == set()


def test_every_operation_carries_its_examples() -> None:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            labels = [each["label"] for each in operation["x-codeSamples"]]
            assert labels == ["curl", "Python", "TypeScript"], (method, path)
            assert all(path.partition("{")[0] in each["source"] for each in operation["x-codeSamples"]), (method, path)
