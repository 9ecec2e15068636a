from __future__ import annotations

from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.metrics import MEASURES


def test_adds_up_by_method_route_and_status():
    counters = RequestCounters()
    counters.count("GET", "/v1/me", 200, 0.003)
    counters.count("GET", "/v1/me", 200, 0.2)
    counters.count("GET", "/v1/me", 401, 0.001)
    text = counters.render().decode()
    assert 'doorward_http_requests_total{method="GET",route="/v1/me",status="200"} 2.0' in text
    assert 'doorward_http_requests_total{method="GET",route="/v1/me",status="401"} 1.0' in text
    assert (
        'doorward_http_request_duration_seconds_bucket{le="0.005",method="GET",route="/v1/me",status_class="2xx"} 1.0'
        in text
    )
    assert 'doorward_http_request_duration_seconds_count{method="GET",route="/v1/me",status_class="2xx"} 2.0' in text


def test_tells_the_requests_of_the_moment_and_the_process():
    counters = RequestCounters()
    counters.in_flight += 2
    text = counters.render().decode()
    assert "doorward_http_requests_in_flight 2.0" in text
    assert "process_resident_memory_bytes" in text


def test_does_not_grow_with_what_callers_invent():
    counters = RequestCounters()
    for number in range(50):
        counters.count(f"M{number}", None, 404, 0.001)
    assert counters.render().decode().count("doorward_http_requests_total{") == 1


def test_keeps_the_counters_of_two_applications_apart():
    one, other = RequestCounters(), RequestCounters()
    one.count("GET", "/", 200, 0.001)
    assert b"doorward_http_requests_total{" not in other.render()


def test_shows_a_figure_once_however_often_it_is_carried_over():
    counters = RequestCounters()
    counters.count("GET", "/v1/me", 503, 0.003, "database-unavailable")
    for _ in range(3):
        counters.carry()
    counters.count("GET", "/v1/me", 500, 40.0, "internal")
    text = counters.render().decode()
    assert 'doorward_problems_total{code="database-unavailable"} 1.0' in text
    assert 'doorward_problems_total{code="internal"} 1.0' in text
    assert 'seconds_bucket{le="30.0",method="GET",route="/v1/me",status_class="5xx"} 1.0' in text
    assert 'seconds_bucket{le="+Inf",method="GET",route="/v1/me",status_class="5xx"} 2.0' in text
    assert 'seconds_sum{method="GET",route="/v1/me",status_class="5xx"} 40.003' in text


def test_shows_every_metric_that_is_listed_under_the_name_and_kind_that_it_is_listed_with():
    shown = {
        (f"{family.name}_total" if family.type == "counter" else family.name, family.type)
        for family in RequestCounters().registry.collect()
    }
    assert shown == {(each.name, each.kind) for each in MEASURES}
