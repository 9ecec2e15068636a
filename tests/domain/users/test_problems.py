"""What a caller is told when something about a user goes wrong."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import pytest

from doorward.domain.users import problems
from doorward.kernel.problem import Problem

MADE = [
    (problems.UsernameTaken(), 409, "username-taken", "/username"),
    (problems.EmailTaken(pointer="/emails/1"), 409, "email-taken", "/emails/1"),
    (problems.UserNotFound(), 404, "user-not-found", None),
    (problems.UserSuspended(), 403, "user-suspended", None),
    (problems.UserDeleted(), 403, "user-deleted", None),
    (problems.LastAdministrator(), 409, "last-administrator", None),
    (problems.RestoreWindowOver(), 410, "restore-window-over", None),
]


@pytest.mark.parametrize(("problem", "status", "code", "pointer"), MADE)
def test_names_failure_place_and_remedy(problem, status, code, pointer):
    document = problem.document(instance="/v1/users", request_id="r")
    assert (document["status"], document["code"]) == (status, code)
    assert document["detail"] != document["title"]
    assert [error["pointer"] for error in document.get("errors", ())] == ([pointer] if pointer else [])


def test_says_until_when_an_account_is_suspended():
    problem = problems.UserSuspended(until=datetime(2026, 12, 1, tzinfo=UTC))
    assert problem.document(instance="/", request_id="r")["until"] == "2026-12-01T00:00:00Z"


def test_describes_every_problem_and_its_remedy():
    defined = [
        each
        for _, each in inspect.getmembers(problems, inspect.isclass)
        if issubclass(each, Problem) and each.__module__ == problems.__name__
    ]
    assert len({each.code for each in defined}) == len(defined) >= len(MADE)
    for each in defined:
        assert each.__doc__
        assert each().detail not in {"", each.title}
