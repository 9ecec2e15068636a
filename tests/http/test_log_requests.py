from __future__ import annotations


def ends(home):
    return [line for line in home.read_log() if line["event"] == "request"]


async def test_writes_one_line_for_each_request(house):
    home = house()
    async with home.client as client:
        answer = await client.get("/v1/people/7?limit=2&token=hunter2")
        await client.get("/v1/broken")
        await client.get("/nothing/hunter2")
    found, broken, nothing = ends(home)
    assert found["request_id"] == answer.headers["x-request-id"]
    assert (found["method"], found["route"], found["status"], found["level"]) == (
        "GET",
        "/v1/people/{number}",
        200,
        "info",
    )
    assert found["client"] == "192.0.2.1"
    assert found["duration_ms"] > 0
    assert (broken["status"], broken["level"]) == (500, "error")
    assert (nothing["status"], nothing["level"], nothing["route"]) == (404, "info", None)
    assert "hunter2" not in str([found, broken, nothing])


async def test_names_who_asked_and_the_route_of_the_fast_lane(house):
    async def fast(scope, receive, send):
        scope["doorward"].route = "/v1/me"
        scope["doorward"].user_id = "usr_01h455vb4pex5vsknk084sn02q"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    home = house(fast)
    async with home.client as client:
        await client.get("/")
    (line,) = ends(home)
    assert line["route"] == "/v1/me"
    assert line["user_id"] == "usr_01h455vb4pex5vsknk084sn02q"


async def test_counts_what_it_answered(house):
    home = house()
    async with home.client as client:
        for _ in range(3):
            await client.get("/v1/people/7")
        await client.get("/nothing")
    text = home.counters.render().decode()
    assert 'doorward_http_requests_total{method="GET",route="/v1/people/{number}",status="200"} 3.0' in text
    assert 'doorward_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert (
        'doorward_http_request_duration_seconds_count{method="GET",route="/v1/people/{number}",status_class="2xx"} 3.0'
        in text
    )
    assert "doorward_http_requests_in_flight 0.0" in text


async def test_believes_request_ids_of_trusted_proxies_only(house):
    for trusted, sent, kept in (
        (("192.0.2.0/24",), "from-the-proxy-1", True),
        (("192.0.2.0/24",), "short", False),
        (("192.0.2.0/24",), 'x"} {"event": "forged', False),
        ((), "from-anybody-1", False),
    ):
        async with house(trusted_proxies=trusted).client as client:
            answer = await client.get("/v1/address", headers={"x-request-id": sent})
        assert (answer.headers["x-request-id"] == sent) == kept


async def test_sees_the_client_through_trusted_proxies(house):
    async with house(trusted_proxies=("192.0.2.1",)).client as client:
        answer = await client.get(
            "/v1/address", headers=[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.7")]
        )
    assert answer.json() == "198.51.100.7"


async def test_counts_which_proxies_it_knew_already(house):
    made = house(peer="10.0.0.1", trusted_proxies=("10.0.0.1",))
    for _ in range(3):
        await made.client.get("/", headers={"x-forwarded-for": "198.51.100.9"})
    text = made.counters.render().decode()
    # The proxy and the client, once each; then both are known.
    assert 'doorward_cache_lookups_total{cache="trusted_proxies",result="miss"} 2.0' in text
    assert 'doorward_cache_lookups_total{cache="trusted_proxies",result="hit"} 4.0' in text
