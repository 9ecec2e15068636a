"""Every example, by operation."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from doorward.surfaces.rest.examples.example import Example
from doorward.surfaces.rest.operation import Operation
from doorward.surfaces.rest.operations import OPERATIONS

_PACKAGE: Final = __name__.rpartition(".")[0]


class ExampleMissing(LookupError):  # noqa: N818 - says what is the matter
    """An operation has no example."""


def name_of(operation: Operation) -> str:
    """What an operation goes by: its method and its path."""
    return f"{operation.method} {operation.path}"


def _file_of(operation: Operation) -> str:
    return operation.endpoint.__module__.rpartition(".")[2]


def _all() -> Mapping[str, Example]:
    found: dict[str, Example] = {}
    for name in dict.fromkeys(_file_of(each) for each in OPERATIONS):
        try:
            module = import_module(f"{_PACKAGE}.{name}")
        except ModuleNotFoundError:
            continue
        found.update(module.EXAMPLES)
    return found


EXAMPLES: Final = _all()


def example_of(operation: Operation) -> Example:
    """The example of an operation. Raises ExampleMissing, which says where to write it."""
    found = EXAMPLES.get(name_of(operation))
    if found is None:
        raise ExampleMissing(
            f"{name_of(operation)} has no example: write one into "
            f"src/doorward/surfaces/rest/examples/{_file_of(operation)}.py, then run `make examples`."
        )
    return found
