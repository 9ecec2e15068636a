"""What an operation says may go wrong is what its use cases say that they raise."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import CodeType

import pytest

from doorward.domain.users.problems import UserNotFound
from doorward.features import FEATURES
from doorward.kernel.problem import Problem
from doorward.surfaces.rest.operation import Operation
from scripts.reference.general import GENERAL
from tests.surfaces.rest.calls import BY_NAME

PROBLEMS = {problem.__name__: problem for feature in FEATURES for problem in feature.problems}
SOMEWHERE = {each.problem for each in GENERAL}
# What an operation has just made is there.
NEVER = {("POST /v1/me/passkeys", "CredentialNotFound")}
_NAME = re.compile(r"\b[A-Z][A-Za-z]+\b")


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def raised_by_use_cases(operation: Operation) -> set[type[Problem]]:
    """The problems that the docstrings of the use cases name which an endpoint calls."""
    known = operation.endpoint.__globals__  # type: ignore[attr-defined]
    called = {name for code in codes(operation.endpoint.__code__) for name in code.co_names}  # type: ignore[attr-defined]
    functions = [known[name] for name in called if inspect.isfunction(known.get(name))]
    said = " ".join(
        (each.__doc__ or "").partition("Raises")[2]
        for each in functions
        if each.__module__.startswith("doorward.domain.")
    )
    return {PROBLEMS[name] for name in _NAME.findall(said) if name in PROBLEMS}


@pytest.mark.parametrize("name", BY_NAME)
def test_declares_what_its_use_cases_raise(name: str) -> None:
    operation = BY_NAME[name]
    # Whoever asks about themselves was there a moment ago; that they can be erased meanwhile is said once for all.
    said_once = SOMEWHERE if operation.path.startswith(("/v1/me", "/v1/sign-out")) else SOMEWHERE - {UserNotFound}
    undeclared = raised_by_use_cases(operation) - set(operation.problems) - said_once
    assert {each.__name__ for each in undeclared if (name, each.__name__) not in NEVER} == set()


def test_finds_the_problems_that_use_cases_name() -> None:
    named = {each.__name__ for each in raised_by_use_cases(BY_NAME["PUT /v1/users/{user_id}/roles/{role}"])}
    assert {"UserNotFound", "StepUpRequired", "RoleNotFound", "RoleBuiltIn"} <= named
