from __future__ import annotations

import asyncio
import logging

import orjson
import pytest

from tests.http.application import build


def members(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert set(document) >= {"type", "title", "status", "detail", "instance", "code", "request_id"}
    assert document["status"] == answer.status_code
    assert document["request_id"] == answer.headers["x-request-id"]
    assert document["type"].endswith("/" + document["code"])
    return document


async def test_answers_an_unknown_address(client):
    document = members(await client.get("/nothing/h%C3%A9?token=hunter2"))
    assert (document["status"], document["code"], document["instance"]) == (404, "not-found", "/nothing/h%C3%A9")


async def test_answers_a_wrong_method_with_those_that_work(client):
    answer = await client.delete("/v1/people")
    assert members(answer)["code"] == "method-not-allowed"
    assert answer.headers["allow"] == "POST"


async def test_answers_our_problems(client):
    document = members(await client.get("/v1/missing"))
    assert (document["status"], document["detail"]) == (404, "Nobody of that name.")


async def test_keeps_what_frameworks_say_to_itself(client):
    answer = await client.get("/v1/teapot")
    assert "hunter2" not in answer.text
    assert members(answer)["status"] == 400


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"email": "a", "email": "b"}', 400, "malformed-json"),
        (b'{"email": NaN}', 400, "malformed-json"),
        (b'{"email": "a", "age": 1e999}', 400, "malformed-json"),
        (b'{"email": "\\ud800"}', 400, "malformed-json"),
        (b"[" * 10_000, 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b"", 400, "malformed-json"),
        (b'{"email": "a", "age": "1"}', 422, "invalid-input"),
        (b'{"email": "hunter2 hunter2 hunter2", "hunter2": 1, "password": {"hunter2": 1}}', 422, "invalid-input"),
        (b'"hunter2"', 422, "invalid-input"),
    ],
)
async def test_answers_bad_bodies_without_repeating_them(client, body, status, code):
    answer = await client.post("/v1/people", content=body, headers={"content-type": "application/json"})
    document = members(answer)
    assert (document["status"], document["code"]) == (status, code)
    assert "hunter2" not in answer.text


async def test_points_at_what_is_wrong_in_the_address(client):
    document = members(await client.get("/v1/people/hunter2?limit=9"))
    assert {(error["pointer"], error["code"]) for error in document["errors"]} == {
        ("/path/number", "wrong-type"),
        ("/query/limit", "out-of-range"),
    }
    assert "hunter2" not in orjson.dumps(document["errors"]).decode()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
async def test_takes_only_json(client, kind):
    answer = await client.post("/v1/people", content=b'{"email": "a"}', headers={"content-type": kind})
    assert members(answer)["code"] == "unsupported-media-type"


async def test_takes_json_with_parameters(client):
    answer = await client.post(
        "/v1/people", content=b'{"email": "a"}', headers={"content-type": "Application/JSON; charset=utf-8"}
    )
    assert answer.status_code == 200


async def test_hides_failures_and_logs_them(house):
    home = house()
    async with home.client as client:
        answer = await client.get("/v1/broken")
    document = members(answer)
    assert document["code"] == "internal"
    assert "hunter2" not in answer.text
    failures = [line for line in home.read_log() if line["event"] == "request failed"]
    assert len(failures) == 1
    assert "RuntimeError" in failures[0]["exception"]
    assert failures[0]["request_id"] == document["request_id"]
    assert failures[0]["route"] == "/v1/broken"


async def test_answers_failures_of_plain_applications(house):
    async def broken(scope, receive, send):
        raise RuntimeError("hunter2")

    async with house(broken).client as client:
        answer = await client.get("/")
    assert members(answer)["code"] == "internal"


async def test_gives_up_a_request_that_takes_too_long(house):
    undone = asyncio.Event()

    async def slow(scope, receive, send):
        try:
            await asyncio.Event().wait()
        finally:
            undone.set()

    async with house(slow, request_timeout_seconds=0.05, body_timeout_seconds=0.02).client as client:
        answer = await client.get("/")
    assert members(answer)["code"] == "request-timed-out"
    assert answer.headers["retry-after"] == "1"
    assert undone.is_set()


async def test_does_not_take_another_cancellation_for_its_own(house):
    entered = asyncio.Event()

    async def slow(scope, receive, send):
        entered.set()
        await asyncio.Event().wait()

    async with house(slow).client as client:
        task = asyncio.create_task(client.get("/"))
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_lets_an_answer_that_has_begun_take_its_time(house):
    async def streaming(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(0.15, done.set)
        await done.wait()
        await send({"type": "http.response.body", "body": b"whole"})

    async with house(streaming, request_timeout_seconds=0.05).client as client:
        assert (await client.get("/")).text == "whole"


async def test_refuses_a_header_that_may_stand_once(client):
    headers = [("authorization", "Bearer a"), ("authorization", "Bearer b")]
    document = members(await client.get("/v1/address", headers=headers))
    assert document["code"] == "malformed-request"


async def test_writes_problems_that_uvicorn_would_not_find_unusual(house, caplog):
    caplog.set_level(logging.ERROR)
    async with house(build()).client as client:
        members(await client.get("/%FF%00"))
    assert caplog.records == []
