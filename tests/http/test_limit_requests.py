from __future__ import annotations

import asyncio

import pytest


async def chunks(count, size=64 * 1024):
    for _ in range(count):
        yield b"x" * size


async def test_refuses_a_body_by_its_promise(client):
    answer = await client.post(
        "/v1/people", content=b"x" * (1024 * 1024 + 1), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["code"] == "body-too-large"
    assert answer.headers["connection"] == "close"


async def test_counts_a_body_that_promises_nothing(client):
    answer = await client.post("/v1/people", content=chunks(100), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


async def test_reads_a_chunked_body_within_the_limit(client):
    async def parts():
        yield b'{"email":'
        yield b' "a"}'

    answer = await client.post("/v1/people", content=parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert "connection" not in answer.headers


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip"])
async def test_refuses_compressed_bodies_unread(client, encoding):
    answer = await client.post(
        "/v1/people", content=b"\x1f\x8b", headers={"content-type": "application/json", "content-encoding": encoding}
    )
    assert answer.status_code == 415
    assert answer.headers["connection"] == "close"


async def test_refuses_too_many_headers(client):
    answer = await client.get("/v1/missing", headers=[(f"x-{number}", "1") for number in range(101)])
    assert answer.status_code == 431


async def test_blames_the_client_whose_body_does_not_come(house):
    async def never():
        yield b"{"
        await asyncio.Event().wait()

    async def reads(scope, receive, send):
        while (await receive()).get("more_body"):
            pass

    async with house(reads, body_timeout_seconds=0.05).client as client:
        answer = await client.post("/", content=never(), headers={"content-type": "application/json"})
    assert answer.status_code == 408
    assert answer.json()["code"] == "body-timeout"
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("id.example.com", 200),
        ("ID.example.com:8443", 200),
        ("id.example.com.", 200),
        ("a.below.example", 200),
        ("[::1]:80", 200),
        ("below.example", 400),
        ("evil.example", 400),
        ("id.example.com.evil.example", 400),
        ("xbelow.example", 400),
        ("", 400),
    ],
)
async def test_answers_only_to_its_hosts(house, host, status):
    home = house(allowed_hosts=("id.example.com", "*.below.example", "[::1]"))
    async with home.client as client:
        assert (await client.get("/v1/address", headers={"host": host})).status_code == status


async def test_answers_platforms_that_ask_by_address(house):
    async def answers(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async with house(answers, allowed_hosts=("id.example.com",)).client as client:
        for path, status in {"/livez": 200, "/readyz": 200, "/healthz": 200, "/metrics": 200, "/livez/x": 400}.items():
            assert (await client.get(path, headers={"host": "10.1.2.3:8000"})).status_code == status, path
