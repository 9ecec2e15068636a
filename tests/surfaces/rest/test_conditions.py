"""Repeating a write without harm (Idempotency-Key), and changing only what one has seen (ETag, If-Match)."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from doorward.infra.idempotency import purge_answers
from doorward.infra.tools import Tools
from doorward.kernel.actor import system
from tests.make.application import application_of
from tests.make.people import PASSWORD, make_administrator
from tests.surfaces.rest.calls import House, looks_like_a_problem

pytestmark = pytest.mark.integration

KEY = {"idempotency-key": "0d4a7c1e-one"}


async def test_answers_a_repeated_request_as_the_first_time(house: House) -> None:
    headers = house.root.headers | KEY
    body = {"email": "once@example.com", "password": PASSWORD}
    first = await house.client.post("/v1/users", headers=headers, json=body)
    again = await house.client.post("/v1/users", headers=headers, json=body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("etag", "location", "content-type"):
        assert first.headers[name] == again.headers[name]
    assert first.headers["x-request-id"] != again.headers["x-request-id"]


async def test_keeps_a_refusal_too(house: House) -> None:
    headers = house.root.headers | KEY
    body = {"email": "ada@example.com"}
    first = await house.client.post("/v1/users", headers=headers, json=body)
    await house.client.delete(f"/v1/users/{house.ada.user['id']}?purge=true", headers=house.root.headers)
    again = await house.client.post("/v1/users", headers=headers, json=body)
    assert (first.status_code, again.status_code) == (409, 409)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == "application/problem+json"
    assert (await house.client.post("/v1/users", headers=house.root.headers, json=body)).status_code == 201


async def test_refuses_a_key_for_another_request(house: House) -> None:
    headers = house.root.headers | KEY
    await house.client.post("/v1/users", headers=headers, json={"email": "once@example.com"})
    other = await house.client.post("/v1/users", headers=headers, json={"email": "twice@example.com"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    # Another operation and another caller have keys of their own.
    role = await house.client.post("/v1/roles", headers=headers, json={"name": "auditor"})
    assert role.status_code == 201
    mine = await house.client.patch("/v1/me", headers=house.ada.headers | KEY, json={"name": "Ada"})
    assert mine.status_code == 200
    theirs = await house.client.patch("/v1/me", headers=house.root.headers | KEY, json={"name": "Root"})
    assert (theirs.status_code, theirs.json()["name"]) == (200, "Root")


@pytest.mark.parametrize("purged", [True, False])
async def test_forgets_a_key_after_a_day(house: House, tools: Tools, *, purged: bool) -> None:
    headers, body = house.root.headers | KEY, {"name": "auditor"}
    await house.client.post("/v1/roles", headers=headers, json=body)
    await house.client.delete("/v1/roles/auditor", headers=house.root.headers)
    assert (await house.client.post("/v1/roles", headers=headers, json=body)).headers["idempotency-replayed"]
    tools.clock.advance(hours=24, seconds=1)  # type: ignore[attr-defined]
    if purged:
        async with tools.writing(system()) as tx:
            await purge_answers(tx, {})
    from tests.make.people import sign_in

    fresh = await sign_in(house.client, "root@example.com")
    made = await house.client.post("/v1/roles", headers=fresh.headers | KEY, json=body)
    assert made.status_code == 201
    assert "idempotency-replayed" not in made.headers
    again = await house.client.post("/v1/roles", headers=fresh.headers | KEY, json=body)
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
async def test_refuses_what_is_no_key(house: House, key: str) -> None:
    answer = await house.client.post(
        "/v1/roles", headers=house.root.headers | {"idempotency-key": key.encode("latin-1")}, json={"name": "auditor"}
    )
    assert answer.status_code == 422
    assert looks_like_a_problem(answer)
    assert answer.json()["errors"][0]["pointer"] == "/header/idempotency-key"


async def test_never_keeps_an_answer_that_opens_a_session(house: House) -> None:
    body = {"identifier": "ada@example.com", "password": PASSWORD}
    answers = [await house.client.post("/v1/sign-in", headers=KEY, json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["session"]["id"] != answers[1].json()["session"]["id"]


async def test_makes_one_of_many_at_once(committing_tools: Tools) -> None:
    transport = httpx2.ASGITransport(app=application_of(committing_tools))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        root = await make_administrator(committing_tools, client)
        headers = root.headers | KEY
        answers = await asyncio.gather(
            *(client.post("/v1/users", headers=headers, json={"email": "once@example.com"}) for _ in range(8))
        )
        listed = await client.get("/v1/users?email=once@example.com", headers=root.headers)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(listed.json()["items"]) == 1


async def test_answers_304_to_who_knows_it_already(house: House) -> None:
    for path, headers in [("/v1/me", house.ada.headers), (f"/v1/users/{house.ada.user['id']}", house.root.headers)]:
        first = await house.client.get(path, headers=headers)
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            answer = await house.client.get(path, headers=headers | {"if-none-match": known})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag), known
        assert (await house.client.get(path, headers=headers | {"if-none-match": '"0"'})).status_code == 200


async def test_answers_head_as_get_without_the_content(house: House) -> None:
    for path, headers in [
        ("/v1/me", house.ada.headers),
        (f"/v1/users/{house.ada.user['id']}", house.root.headers),
        ("/v1/roles/admin", house.root.headers),
        ("/v1/me/emails", house.ada.headers),
        ("/livez", {}),
        ("/docs", {}),
    ]:
        read = await house.client.get(path, headers=headers)
        head = await house.client.head(path, headers=headers)
        assert (head.status_code, head.content) == (read.status_code, b"")
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == read.headers.get(name), (path, name)
    refused = await house.client.head("/v1/me")
    assert (refused.status_code, refused.content) == (401, b"")
    nowhere = await house.client.head("/v1/sign-in")
    assert (nowhere.status_code, nowhere.headers["allow"]) == (405, "POST")
    known = {"if-none-match": (await house.client.get("/v1/me", headers=house.ada.headers)).headers["etag"]}
    assert (await house.client.head("/v1/me", headers=house.ada.headers | known)).status_code == 304
    assert (await house.client.put("/v1/users", headers=house.root.headers)).headers["allow"] == "POST, GET, HEAD"


@pytest.mark.parametrize(
    ("method", "end"),
    [("POST", "/suspend"), ("POST", "/reinstate"), ("POST", "/unlock"), ("DELETE", ""), ("POST", "/restore")],
)
async def test_changes_the_state_of_a_user_only_in_the_version_that_was_read(
    house: House, method: str, end: str
) -> None:
    path, root = f"/v1/users/{house.ada.user['id']}", house.root.headers
    seen = (await house.client.get(path, headers=root)).headers["etag"]
    if end == "/reinstate":
        await house.client.post(f"{path}/suspend", headers=root)
    elif end == "/restore":
        await house.client.delete(path, headers=root)
    else:
        await house.client.patch(path, headers=root, json={"name": "Changed meanwhile"})
    before = (await house.client.get(path, headers=root)).json()
    late = await house.client.request(method, path + end, headers=root | {"if-match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    now = await house.client.get(path, headers=root)
    assert now.json() == before
    done = await house.client.request(method, path + end, headers=root | {"if-match": now.headers["etag"]})
    assert done.status_code in {200, 204}, done.text


async def test_erases_and_deletes_oneself_only_in_the_version_that_was_read(house: House) -> None:
    path, root = f"/v1/users/{house.ada.user['id']}", house.root.headers
    tag = (await house.client.get("/v1/me", headers=house.ada.headers)).headers["etag"]
    await house.client.patch("/v1/me", headers=house.ada.headers, json={"name": "Changed meanwhile"})
    late = {"if-match": tag}
    assert (await house.client.delete("/v1/me", headers=house.ada.headers | late)).status_code == 412
    assert (await house.client.delete(f"{path}?purge=true", headers=root | late)).status_code == 412
    now = {"if-match": (await house.client.get(path, headers=root)).headers["etag"]}
    assert (await house.client.delete("/v1/me", headers=house.ada.headers | now)).status_code == 204
    now = {"if-match": (await house.client.get(path, headers=root)).headers["etag"]}
    assert (await house.client.delete(f"{path}?purge=true", headers=root | now)).status_code == 204


async def test_changes_and_deletes_a_role_only_in_the_version_that_was_read(house: House) -> None:
    root, path = house.root.headers, "/v1/roles/auditor"
    made = await house.client.post("/v1/roles", headers=root, json={"name": "auditor"})
    seen = {"if-match": made.headers["etag"]}
    assert (await house.client.get(path, headers=root)).headers["etag"] == made.headers["etag"]
    changed = await house.client.patch(path, headers=root | seen, json={"description": "Reads"})
    assert (changed.status_code, changed.headers["etag"] == made.headers["etag"]) == (200, False)
    assert (await house.client.patch(path, headers=root | seen, json={"description": "x"})).status_code == 412
    assert (await house.client.delete(path, headers=root | seen)).status_code == 412
    assert (await house.client.get(path, headers=root)).json()["description"] == "Reads"
    now = {"if-match": changed.headers["etag"]}
    assert (await house.client.delete(path, headers=root | now)).status_code == 204


async def test_changes_only_the_version_that_was_read(house: House) -> None:
    path = f"/v1/users/{house.ada.user['id']}"
    tag = (await house.client.get(path, headers=house.root.headers)).headers["etag"]
    first = await house.client.patch(path, headers=house.root.headers | {"if-match": tag}, json={"name": "One"})
    assert first.status_code == 200
    assert first.headers["etag"] != tag
    second = await house.client.patch(path, headers=house.root.headers | {"if-match": tag}, json={"name": "Two"})
    assert (second.status_code, second.json()["code"]) == (412, "precondition-failed")
    for value, status in [
        ("*", 200),
        (first.headers["etag"].strip('"') + "000", 412),
        (f"W/{first.headers['etag']}", 412),
        ('"a"', 412),
        ('"1", "2"', 412),
        ("broken, list", 400),
    ]:
        answer = await house.client.patch(path, headers=house.root.headers | {"if-match": value}, json={"name": "One"})
        assert answer.status_code == status, (value, answer.text)
    mine = await house.client.patch("/v1/me", headers=house.ada.headers | {"if-match": tag}, json={"name": "Mine"})
    assert mine.status_code == 412
