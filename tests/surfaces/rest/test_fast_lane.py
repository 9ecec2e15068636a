"""The fast lane and the router answer the same, in status, body and headers, failures too."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from doorward.surfaces.rest.application import OPERATIONS
from tests.make.application import application_of
from tests.make.people import PASSWORD, Person, make_user
from tests.surfaces.rest.calls import House

pytestmark = pytest.mark.integration

JSON = {"content-type": "application/json"}
# What differs from one answer to the next: made anew each time.
_FRESH = re.compile(
    r'("(?:request_id|support_code|access_token|refresh_token|attempt|last_used_at|last_sign_in_at|updated_at|created_at|'
    r'authenticated_at|expires_at|next_cursor|expires_in|challenge|id)"):(?:"[^"]*"|\d+)'
)

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/v1/me", {}),
    ("GET", "/v1/me", {"as": "nobody"}),
    ("GET", "/v1/me", {"headers": {"if-none-match": '"1"'}}),
    ("GET", "/v1/me", {"headers": {"if-none-match": "*"}}),
    ("GET", "/v1/me", {"headers": {"if-none-match": "broken"}}),
    ("GET", "/v1/me?x=1", {}),
    ("GET", "/v1/me/", {}),
    ("HEAD", "/v1/me", {}),
    ("POST", "/v1/me", {}),
    ("OPTIONS", "/v1/me", {}),
    ("GET", "/v1/users", {"as": "root"}),
    ("GET", "/v1/users?limit=1&sort=email&count=exact", {"as": "root"}),
    ("GET", "/v1/users?limit=0", {"as": "root"}),
    ("GET", "/v1/users?limit=9&limit=9", {"as": "root"}),
    ("GET", "/v1/users?q=ad&sort=name", {"as": "root"}),
    ("GET", "/v1/users?role=none-such", {"as": "root"}),
    ("GET", "/v1/users?cursor=x", {"as": "root"}),
    ("GET", "/v1/users?%ff", {"as": "root"}),
    ("GET", "/v1/users", {}),
    ("DELETE", "/v1/users", {"as": "root"}),
    ("GET", "/v1/users/{user}", {"as": "root"}),
    ("GET", "/v1/users/{user}", {}),
    ("GET", "/v1/users/{user}?x=1", {"as": "root"}),
    ("GET", "/v1/users/{user}", {"as": "root", "headers": {"if-none-match": '"1"'}}),
    ("GET", "/v1/users/usr_x", {"as": "root"}),
    ("GET", "/v1/users/%00", {"as": "root"}),
    ("GET", "/v1/users/a%2Fb", {"as": "root"}),
    ("GET", "/v1/users//", {"as": "root"}),
    ("PUT", "/v1/users/{user}", {"as": "root"}),
    ("POST", "/v1/sign-in", {"json": {"identifier": "ada@example.com", "password": PASSWORD}}),
    ("POST", "/v1/sign-in", {"json": {"identifier": "ada@example.com"}}),
    ("POST", "/v1/sign-in", {"json": {"identifier": "ada@example.com", "password": "wrong"}}),
    ("POST", "/v1/sign-in", {"json": {"identifier": ""}}),
    ("POST", "/v1/sign-in", {"json": {"identifier": 1, "unknown": 2}}),
    ("POST", "/v1/sign-in", {"content": b'{"identifier":', "headers": JSON}),
    ("POST", "/v1/sign-in", {"content": b"", "headers": JSON}),
    ("POST", "/v1/sign-in", {"content": b"x" * 1_100_000, "headers": JSON}),
    ("POST", "/v1/sign-in", {"content": b"{}", "headers": {"content-type": "text/plain"}}),
    ("GET", "/v1/sign-in", {}),
    ("GET", "/livez", {"as": "nobody"}),
    ("GET", "/livez?x=1", {"as": "nobody"}),
    ("GET", "/readyz", {"as": "nobody"}),
    ("GET", "/healthz", {"as": "nobody"}),
    ("GET", "/version", {"as": "nobody"}),
    ("POST", "/v1/tokens/refresh", {"json": {"refresh_token": "{refresh}"}}),
    ("POST", "/v1/tokens/refresh", {"json": {"refresh_token": "dwrt_x"}}),
    ("POST", "/v1/tokens/refresh", {"json": {}}),
]


def test_covers_every_hot_operation() -> None:
    asked = {(method, path.partition("?")[0].replace("{user}", "{user_id}")) for method, path, _ in CASES}
    assert {(operation.method, operation.path) for operation in OPERATIONS if operation.hot} <= asked


async def test_answers_alike_with_and_without_the_fast_lane(house: House) -> None:
    answers: list[list[tuple[int, str, dict[str, str]]]] = []
    await make_user(house.tools, "third@example.com", password=None)
    for fast_lane in (True, False):
        app = application_of(house.tools, fast_lane=fast_lane)
        transport = httpx2.ASGITransport(app=app, client=("203.0.113.7", 50000), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            answers.append([await _asked(client, house, *case) for case in CASES])
    for case, fast, slow in zip(CASES, *answers, strict=True):
        assert fast == slow, case


async def _asked(
    client: httpx2.AsyncClient, house: House, method: str, path: str, options: dict[str, Any]
) -> tuple[int, str, dict[str, str]]:
    people: dict[str, Person | None] = {"root": house.root, "nobody": None}
    options = dict(options)
    person = people.get(options.pop("as", ""), house.ada)
    headers = (person.headers if person else {}) | options.pop("headers", {})
    if "json" in options and options["json"].get("refresh_token") == "{refresh}":
        options["json"] = {"refresh_token": house.ada.refresh_token}
    answer = await client.request(method, path.replace("{user}", house.ada.user["id"]), headers=headers, **options)
    kept = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "content-length"}}
    if answer.content:
        assert int(answer.headers["content-length"]) == len(answer.content) or method == "HEAD"
    return answer.status_code, _FRESH.sub(r"\1", answer.text), kept
