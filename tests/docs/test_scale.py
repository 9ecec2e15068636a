"""The page about scale says what its script computes, and the simulation behind it agrees with what is known of queues."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from scripts import scale

GIVEN = scale.Assumptions()
SIGN_IN = scale.BASIS["cpu_ms"]["server"]["sign_in"] / 1000


def hashing(rate: float) -> list[scale.Rates]:
    """Half an hour in which only sign-ins arrive, so many a second."""
    return [scale.Rates(0, 0, rate, 0, 0)] * 30


def test_the_page_is_what_the_script_computes():
    assert scale.PAGE.read_text(encoding="utf-8") == scale.page(GIVEN)


def test_every_assumption_is_explained():
    assert set(scale.MEANING) == {each.name for each in fields(scale.Assumptions)}


def test_a_day_has_all_of_its_requests():
    assert sum(scale.HOURS) == pytest.approx(1)
    quiet = replace(GIVEN, burst=1)
    checks = sum(each.checks * 60 for each in scale.day(quiet, 1000))
    assert checks == pytest.approx(1000 * quiet.daily_active * quiet.checks)


def test_nobody_waits_where_there_is_room():
    assert scale.simulate(GIVEN, hashing(1), 1).p99 < SIGN_IN


def test_refuses_what_is_beyond_the_cores():
    capacity = GIVEN.node_cores / SIGN_IN
    assert scale.simulate(GIVEN, hashing(capacity * 2), 1).refused == pytest.approx(0.5, abs=0.02)
    # So many machines share the same people that each has as much as it can do.
    assert scale.simulate(GIVEN, hashing(capacity * 2), 4).refused == 0


def test_whoever_waits_does_not_wait_longer_than_the_queue_is():
    full = GIVEN.queue * SIGN_IN
    found = scale.simulate(GIVEN, hashing(300), 1)
    assert full * 0.9 < found.p99 <= found.longest < full * 1.1


def test_sizes_servers_for_the_loss_of_one():
    needed = scale.need(GIVEN, 10_000_000)
    assert needed.server_cores <= (needed.nodes - 1) * GIVEN.node_cores * GIVEN.busy
    assert (needed.lost.p99 <= GIVEN.waiting, needed.lost.refused) == (True, 0)


@pytest.mark.parametrize("argument", ["activity=1", "daily_active=much"])
def test_refuses_an_assumption_that_it_does_not_know(argument: str, capsys: pytest.CaptureFixture[str]):
    assert scale.main(["--set", argument]) == 2
    assert capsys.readouterr().err.startswith("scale: ")
