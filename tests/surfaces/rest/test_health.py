"""Health, version, metrics, keys and the description."""

from __future__ import annotations

import httpx2
import pytest
from pydantic import SecretStr

from doorward import __version__
from doorward.http.draining import Draining
from doorward.infra.database.problems import DatabaseUnavailable
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.settings import MetricsSettings
from doorward.infra.tools import Tools
from doorward.surfaces.rest.application import OPERATIONS
from doorward.surfaces.rest.router import build_router
from tests.make.tools import changed
from tests.surfaces.rest.calls import House

pytestmark = pytest.mark.integration


async def test_lives_and_is_ready(client: httpx2.AsyncClient, tools: Tools) -> None:
    assert (await client.get("/livez")).json() == {"status": "ok"}
    for path in ("/readyz", "/healthz"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.json() == {"status": "ready", "checks": {"database": "ok", "draining": "ok"}}
    version = (await client.get("/version")).json()
    assert (version["version"], version["database"]) == (__version__, tools.database.name)


async def test_is_not_ready_without_its_database_but_lives_on(client: httpx2.AsyncClient, tools: Tools) -> None:
    async def away() -> None:
        raise DatabaseUnavailable

    tools.database.check = away  # type: ignore[method-assign]
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["checks"]["database"] == "database-unavailable"
    assert (await client.get("/livez")).status_code == 200


async def test_is_not_ready_on_its_way_out_but_still_serves(client: httpx2.AsyncClient, tools: Tools) -> None:
    tools.hold(Draining).begin()
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["draining"]) == (503, "in progress")
    assert answer.headers["connection"] == "close"
    assert (await client.get("/.well-known/jwks.json")).status_code == 200


async def test_shows_metrics_to_those_who_may_see_them(client: httpx2.AsyncClient, tools: Tools) -> None:
    await client.get("/livez")
    assert (await client.get("/metrics")).status_code == 404, "a stranger, and no token is set"
    changed(tools, MetricsSettings, addresses=("203.0.113.0/24",))
    shown = await client.get("/metrics")
    assert shown.status_code == 200
    assert "/livez" in shown.text
    changed(tools, MetricsSettings, addresses=("127.0.0.0/8",), access="open")
    assert (await client.get("/metrics")).status_code == 200
    changed(tools, MetricsSettings, access="off")
    assert (await client.get("/metrics")).status_code == 404
    changed(tools, MetricsSettings, access="auto")
    changed(tools, MetricsSettings, token=SecretStr("a-long-metrics-token"))
    for header, status in [
        (None, 404),
        ("Bearer wrong", 404),
        ("a-long-metrics-token", 404),
        ("Bearer a-long-metrics-token", 200),
    ]:
        answer = await client.get("/metrics", headers={"authorization": header} if header else {})
        assert answer.status_code == status


async def test_hides_metrics_in_production_without_a_token(tools: Tools) -> None:
    from doorward.http.settings import HttpSettings
    from doorward.http.stack import wrap
    from doorward.infra.telemetry.logs import set_up
    from doorward.infra.telemetry.settings import LogSettings

    counters = RequestCounters()
    app = wrap(
        build_router(tools, counters=counters, is_production=True),
        HttpSettings(),
        public_url="https://id.example.com",
        counters=counters,
        logs=set_up(LogSettings(level="ERROR", format="json")),
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="https://x") as client:
        assert (await client.get("/metrics")).status_code == 404
        assert "strict-transport-security" in (await client.get("/livez")).headers


async def test_publishes_keys_that_others_verify_tokens_with(house: House) -> None:
    from joserfc import jwt
    from joserfc.jwk import KeySet

    answer = await house.client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    token = jwt.decode(house.ada.access_token, KeySet.import_key_set(answer.json()))
    assert token.header["typ"] == "at+jwt"
    assert token.claims["sub"] == house.ada.user["id"]
    assert token.claims["sid"] == house.ada.session["id"]
    assert token.claims.keys() == {
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "jti",
        "sid",
        "client_id",
        "auth_time",
        "acr",
        "amr",
    }
    assert all("d" not in key for key in answer.json()["keys"])


async def test_describes_every_operation_and_every_failure(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    described = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    assert described == {(operation.method, operation.path) for operation in OPERATIONS}
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
    for operation in OPERATIONS:
        entry = document["paths"][operation.path][operation.method.lower()]
        assert entry["summary"], operation.path
        assert str(operation.status) in entry["responses"]
        assert {str(problem.kind.status) for problem in operation.problems} <= entry["responses"].keys()
        assert (entry.get("security") == []) == operation.public
    assert "HTTPValidationError" not in str(document)
    references = set(_references(document))
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"], reference


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [each for value in node.values() for each in _references(value)]
    if isinstance(node, list):
        return [each for value in node for each in _references(value)]
    return []


async def test_is_a_valid_openapi_document(client: httpx2.AsyncClient) -> None:
    from jsonschema_rs import Draft202012Validator
    from schemathesis import openapi

    document = (await client.get("/openapi.json")).json()
    assert len(list(openapi.from_dict(document).get_all_operations())) == len(OPERATIONS)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator({**schema, "components": document["components"]})


async def test_answers_as_it_describes_itself(tools: Tools, house: House) -> None:
    """What good calls get has the shape that the description promises."""
    from jsonschema_rs import Draft202012Validator

    from tests.surfaces.rest.calls import BY_NAME

    document = (await house.client.get("/openapi.json")).json()
    for name in (
        "GET /v1/me",
        "GET /v1/users",
        "GET /v1/users/{user_id}",
        "GET /v1/users/{user_id}/sessions",
        "GET /v1/users/{user_id}/emails",
        "GET /v1/me/credentials",
        "GET /v1/roles",
        "GET /v1/permissions",
        "GET /v1/events",
        "GET /readyz",
        "GET /version",
        "POST /v1/sign-in",
        "POST /v1/users",
    ):
        operation = BY_NAME[name]
        for body in house.bodies(operation) or [None]:
            answer = await house.call(operation, person=house.root, body=body)
            schema = document["paths"][operation.path][operation.method.lower()]["responses"][str(operation.status)]
            validator = Draft202012Validator(
                {**schema["content"]["application/json"]["schema"], "components": document["components"]}
            )
            assert [
                (error.message, str(error.instance_path)) for error in validator.iter_errors(answer.json())
            ] == [], name
