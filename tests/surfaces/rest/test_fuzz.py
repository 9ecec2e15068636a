"""Calls of every operation that Schemathesis makes up from the description, sent to a real server by a real client."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from doorward.app import build_tools
from doorward.infra.tools import Tools
from tests.make.databases import open_for_test
from tests.make.people import PASSWORD
from tests.make.processes import nodes
from tests.make.tools import cheap_sections
from tests.surfaces.rest.calls import BY_NAME, House, furnish, looks_like_a_problem

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SECRET = "what the server of these tests seals with"
_numbers = itertools.count(1)


class Callers:
    """Who asks: the administrator, and members who are made anew whenever one has ended what they had."""

    def __init__(self, url: str, house: House) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._url = url
        self._root = house.root.headers
        self._member = house.ada.headers

    def headers(self, name: str) -> dict[str, str]:
        """Of whoever may call an operation."""
        if BY_NAME[name].public:
            return {}
        return self._member if name.partition("/v1/")[2].startswith(("me", "sign-out")) else self._root

    def renew(self) -> None:
        """New sessions: a call ended the one before."""
        self._root = self._signed_in("root@example.com") or self._root
        self._member = self._signed_in("ada@example.com") or self._new_member()

    def _new_member(self) -> dict[str, str]:
        address = f"member{next(_numbers)}@example.com"
        made = self._session.post(f"{self._url}/v1/sign-up", json={"email": address, "password": PASSWORD})
        assert made.status_code == 201, made.text
        return self._signed_in(address) or {}

    def _signed_in(self, identifier: str) -> dict[str, str] | None:
        answer = self._session.post(f"{self._url}/v1/sign-in", json={"identifier": identifier, "password": PASSWORD})
        return {"authorization": f"Bearer {answer.json()['access_token']}"} if answer.status_code == 200 else None

    def call(self, name: str, case: Case) -> Any:
        """The answer to one call."""
        answer = case.call(base_url=self._url, session=self._session, headers=self.headers(name))
        if answer.status_code == 401 and not BY_NAME[name].public:
            self.renew()
            answer = case.call(base_url=self._url, session=self._session, headers=self.headers(name))
            assert answer.status_code != 401, (name, answer.text)
        return answer


def rounds(operation: Any, house: House) -> Iterator[Any]:
    """How calls are made up: as described, with names in the path that are there; and not as described."""
    known = {name: value for name, value in house.values.items() if f"{{{name}}}" in operation.path}
    yield operation.as_strategy(path_parameters=known or None)
    yield operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def fuzz(url: str, document: dict[str, Any], house: House, most: int) -> dict[str, set[int]]:
    """Calls every operation; the statuses that each answered. most: calls of one operation in one round."""
    callers = Callers(url, house)
    seen: dict[str, set[int]] = {}
    wrong: list[str] = []

    def calling(name: str, statuses: set[int]) -> Callable[[Case], None]:
        def call(case: Case) -> None:
            answer = callers.call(name, case)
            statuses.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)
            if answer.status_code >= 400:
                headers = {key: value[0] for key, value in answer.headers.items()}
                assert looks_like_a_problem(
                    httpx2.Response(answer.status_code, headers=headers, content=answer.content)
                )

        return call

    operations = [found.ok() for found in openapi.from_dict(document).get_all_operations()]
    # What takes away comes last, so that the others find what is there.
    for operation in sorted(operations, key=lambda each: "delete" in each.method.lower() or "suspend" in each.path):
        name = f"{operation.method.upper()} {operation.path}"
        statuses = seen.setdefault(name, set())
        for strategy in rounds(operation, house):
            try:
                bounded(most)(given(case=strategy)(calling(name, statuses)))()
            except Unsatisfiable:
                # Where nothing is taken there is nothing to spoil.
                assert statuses, name
            except (AssertionError, FailureGroup) as error:
                wrong.append(f"{name}\n{error}")
    assert not wrong, "\n\n".join(wrong)
    return seen


def bounded(most: int) -> settings:
    """So many calls; the same ones each time where they are few, for a suite must not fail by chance."""
    return settings(
        max_examples=most,
        derandomize=most < 100,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
async def beside(own_database_url: str) -> AsyncIterator[Tools]:
    """Tools on the server's database, with its secret."""
    database = open_for_test(own_database_url)
    yield build_tools(database, [hashlib.sha256(SECRET.encode()).digest()], cheap_sections())
    await database.close()


@pytest.mark.parametrize("most", [5, pytest.param(150, marks=pytest.mark.long)])
async def test_answers_as_described_whatever_comes(
    beside: Tools, own_database_url: str, tmp_path: Path, most: int
) -> None:
    async with nodes(own_database_url, tmp_path, settings={"DOORWARD_SECRETS": SECRET}) as (node,):
        async with node.client() as client:
            house = await furnish(beside, client)
            document = (await client.get("/openapi.json")).json()
        # The databases differ below the surface only: one of them gets the most, the other enough to see that.
        few = most if beside.database.name == "sqlite" else most // 2
        seen = await asyncio.to_thread(fuzz, node.url, document, house, few)
        assert seen.keys() == BY_NAME.keys()
        # What only refused would show little.
        assert sum(any(status < 300 for status in each) for each in seen.values()) > len(seen) / 2, seen
        assert "request failed" not in node.log

        # And a description that is wrong is found out.
        lie = copy.deepcopy({**document, "paths": {"/v1/me": {"get": document["paths"]["/v1/me"]["get"]}}})
        lie["paths"]["/v1/me"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "array"}
        with pytest.raises(AssertionError, match="GET /v1/me"):
            await asyncio.to_thread(fuzz, node.url, lie, house, few)
