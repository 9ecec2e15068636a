"""Failures over HTTP: one form for all of them, and what each has to say."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import httpx2
import pytest

import doorward
from doorward.features import FEATURES
from doorward.infra.database.problems import DatabaseBusy
from doorward.infra.feature import INFRA
from doorward.infra.tools import Tools
from doorward.kernel.problem import Kind, Problem, type_base
from tests.surfaces.rest.calls import House, looks_like_a_problem

pytestmark = pytest.mark.integration


def every_problem() -> set[type[Problem]]:
    """Every class of problem that any module defines."""
    found = set()
    for module in pkgutil.walk_packages(doorward.__path__, "doorward."):
        if "migrations" in module.name or module.name.endswith("__main__"):
            continue
        for _, each in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(each, Problem) and each is not Problem:
                found.add(each)
    return found


def test_describes_every_problem_once_under_its_own_code() -> None:
    problems = every_problem()
    assert len(problems) > 40
    for problem in problems:
        assert problem.__doc__
        assert problem.__doc__ != Problem.__doc__, problem
        assert problem.title != Problem.title, problem
        assert problem.code.replace("-", "").isalnum(), problem
        assert problem.code == problem.code.lower()
        assert isinstance(problem.kind, Kind)
    codes = [problem.code for problem in problems]
    assert sorted(codes) == sorted(set(codes))


def test_names_every_problem_of_a_slice_in_its_feature() -> None:
    listed = {problem for feature in (*FEATURES, INFRA) for problem in feature.problems}
    of_slices = {
        problem for problem in every_problem() if problem.__module__.startswith(("doorward.domain.", "doorward.infra."))
    }
    assert of_slices - listed == set()


async def test_answers_an_unknown_address(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/nothing", "/v1", "/v1/", "/v2/me", "/v1/ME", "/static/x", "/v1/me/nothing", "//", "/%2e%2e/x"):
        answer = await client.get(path)
        assert answer.status_code == 404, path
        assert looks_like_a_problem(answer)
        assert answer.json()["code"] == "not-found"
        assert answer.json()["type"] == type_base + "not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/me", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("POST", "/v1/me", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("PATCH", "/v1/users", {"GET", "HEAD", "POST"}),
        ("GET", "/v1/sign-in", {"POST"}),
        ("DELETE", "/livez", {"GET", "HEAD"}),
        ("POST", "/v1/users/x/roles/y", {"PUT", "DELETE"}),
        ("PROPFIND", "/v1/me", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("DELETE", "/setup", {"GET", "HEAD", "POST"}),
    ],
)
async def test_names_the_methods_that_an_address_has(
    client: httpx2.AsyncClient, method: str, path: str, allowed: set[str]
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == 405
    assert looks_like_a_problem(answer)
    named = set(answer.headers["allow"].split(", "))
    assert named == allowed


async def test_tells_nothing_of_what_went_wrong_inside(tools: Tools, house: House) -> None:
    async def fail(*_arguments: object) -> None:
        raise RuntimeError("the password is hunter2")

    tools.database.first = fail  # type: ignore[method-assign,assignment]
    for path in ("/v1/me", "/v1/me/emails"):
        answer = await _forgiving(house).get(path, headers=house.ada.headers)
        assert answer.status_code == 500
        assert looks_like_a_problem(answer)
        assert answer.json()["code"] == "internal"
        assert "hunter2" not in answer.text


async def test_asks_to_come_back_when_the_database_is_busy(tools: Tools, house: House) -> None:
    async def fail(*_arguments: object) -> None:
        raise DatabaseBusy("Try again in a moment.")

    tools.database.first = fail  # type: ignore[method-assign,assignment]
    answer = await house.client.get("/v1/me", headers=house.ada.headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "database-busy")
    assert int(answer.headers["retry-after"]) >= 1


def _forgiving(house: House) -> httpx2.AsyncClient:
    """A client that takes an answer although the application also raised, as a server would."""
    from tests.make.application import application_of

    transport = httpx2.ASGITransport(app=application_of(house.tools), raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def test_gives_no_answer_that_a_cache_may_keep(house: House) -> None:
    for path in ("/v1/me", "/v1/users", "/nothing"):
        answer = await house.client.get(path, headers=house.root.headers)
        assert answer.headers["cache-control"] == "no-store"
