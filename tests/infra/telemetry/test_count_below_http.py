"""What is counted below HTTP: committed events, statements, failures of the database, jobs, hashes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from doorward.domain.keys.ring import ring
from doorward.domain.sessions.device import device_name
from doorward.domain.sessions.events import SessionEnded
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import SignInFailed
from doorward.domain.sign_in.step_up import begin_step_up
from doorward.http.call import Call
from doorward.http.rate_limits import RateLimits
from doorward.http.settings import HttpSettings
from doorward.infra.database.problems import DatabaseBusy, DatabaseUnavailable
from doorward.infra.database.unit_of_work import Tx
from doorward.infra.limits.settings import RateLimitSettings
from doorward.infra.outbox.record import Job
from doorward.infra.outbox.worker import Worker
from doorward.infra.telemetry.counters import RequestCounters
from doorward.infra.telemetry.figures import key_of
from doorward.infra.telemetry.gauges import Gauges
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, system
from doorward.kernel.problem import NotFound
from tests.make.actors import ORIGIN, as_user
from tests.make.authenticator_app import code_now, give_app
from tests.make.databases import open_for_test
from tests.make.people import PASSWORD, make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration


class _Lost(NotFound):
    """A failure that keeps its work."""

    keeps_work = True


def _shown(tools: Tools) -> RequestCounters:
    counters = RequestCounters()
    gauges = Gauges(tools)
    counters.watch(gauges.samples, gauges.look)
    return counters


async def test_counts_events_that_were_committed_and_no_others(tools: Tools) -> None:
    counters = _shown(tools)
    ended = SessionEnded(target="ses_x", reason="signed-out")
    series = 'doorward_events_total{method="",reason="signed-out",type="session.ended"}'

    async with tools.writing(system()) as tx:
        tx.emit(ended)
        assert series not in counters.render().decode()
    assert f"{series} 1.0" in counters.render().decode()

    with pytest.raises(NotFound):
        async with tools.writing(system()) as tx:
            tx.emit(ended)
            raise NotFound
    assert f"{series} 1.0" in counters.render().decode()

    with pytest.raises(_Lost):
        async with tools.writing(system()) as tx:
            tx.emit(ended)
            raise _Lost
    assert f"{series} 2.0" in counters.render().decode()


def test_counts_by_nothing_that_a_person_could_have_written() -> None:
    from doorward.features import FEATURES

    for event in (each for feature in FEATURES for each in feature.events):
        assert set(event.counted) <= {"method", "reason"}
        assert set(event.counted.values()) <= {"methods", "method", "reason"}, event.type
    assert key_of(SessionEnded(reason="expired")) == ("session.ended", "", "expired")


async def test_shows_what_alerts_ask_for_before_it_happens(tools: Tools) -> None:
    text = _shown(tools).render().decode()
    assert 'doorward_events_total{method="",reason="",type="account.locked"} 0.0' in text
    assert 'doorward_database_errors_total{code="storage-full"} 0.0' in text


async def test_counts_statements_and_what_fails_in_them(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = _shown(tools)
    before = tools.figures.statements.number
    await make_user(tools)
    assert tools.figures.statements.number > before

    async def away(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable

    async def busy() -> Any:
        raise DatabaseBusy

    with monkeypatch.context() as patched:
        patched.setattr(tools.database, "all", away)
        patched.setattr(tools.database, "first", away)
        patched.setattr(tools.database, "begin", busy)
        await counters.look()
        with pytest.raises(DatabaseBusy):
            async with tools.writing(system()) as tx:
                tx.emit(SessionEnded(reason="expired"))
        text = counters.render().decode()
    assert "doorward_database_up 0.0" in text
    assert 'doorward_database_errors_total{code="database-unavailable"} 1.0' in text
    assert 'doorward_database_errors_total{code="database-busy"} 1.0' in text
    await counters.look()
    assert "doorward_database_up 1.0" in counters.render().decode()


async def test_counts_jobs_by_state_and_by_how_they_ended(tools: Tools) -> None:
    async def well(_tx: Tx, _payload: Mapping[str, Any]) -> None:
        return

    async def badly(_tx: Tx, _payload: Mapping[str, Any]) -> None:
        raise ValueError

    counters = _shown(tools)
    async with tools.writing(system()) as tx:
        for kind in ("well", "badly", "made-up"):
            tx.enqueue(Job(kind, {}))
    tools.clock.advance(seconds=90)  # type: ignore[attr-defined]
    await counters.look()
    text = counters.render().decode()
    assert 'doorward_jobs{state="due"} 3.0' in text
    oldest = next(line for line in text.splitlines() if line.startswith("doorward_jobs_oldest_due_seconds "))
    assert 90 <= float(oldest.split()[1]) < 150

    await Worker(tools, {"well": well, "badly": badly}).work_once()
    await counters.look()
    text = counters.render().decode()
    # What no version here knows waits for one that does, and shows as waiting.
    assert 'doorward_jobs{state="due"} 1.0' in text
    assert 'doorward_jobs{state="scheduled"} 1.0' in text
    assert 'doorward_job_duration_seconds_count{kind="well",result="done"} 1.0' in text
    assert 'doorward_job_duration_seconds_count{kind="badly",result="failed"} 1.0' in text
    assert "made-up" not in text


async def test_counts_who_waited_for_a_connection(committing_tools: Tools, own_database_url: str) -> None:
    database = open_for_test(own_database_url, pool_size=1)
    try:
        holding = await database.begin()
        waiting = asyncio.create_task(database.begin())
        while database.connections()["waiting"] == 0:  # noqa: ASYNC110 - the other task only has to get its turn
            await asyncio.sleep(0)
        assert database.connections()["in_use"] == database.most_connections == 1
        await holding.rollback()
        await (await waiting).rollback()
        assert database.waits().number == 1
    finally:
        await database.close()
    assert committing_tools.database.waits().number == 0


async def test_shows_hashes_computed_and_waiting(tools: Tools) -> None:
    counters = _shown(tools)
    await tools.hashing.hash("correct staple battery 9")
    text = counters.render().decode()
    assert "doorward_hashing_duration_seconds_count 1.0" in text
    assert "doorward_hashing_running 0.0" in text


async def test_counts_how_far_sign_ins_come(tools: Tools) -> None:
    counters = _shown(tools)
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)

    async def begin(password: str) -> Complete | Pending:
        async with tools.writing(anonymous(ORIGIN)) as tx:
            return await begin_sign_in(tx, identifier="ada@example.com", password=password)

    with pytest.raises(SignInFailed):
        await begin("not the right one at all")
    pending = await begin(PASSWORD)
    assert isinstance(pending, Pending)
    with pytest.raises(SignInFailed):
        async with tools.writing(anonymous(ORIGIN)) as tx:
            await answer_sign_in(tx, attempt=pending.attempt, answers={"totp": "000000"})
    async with tools.writing(anonymous(ORIGIN)) as tx:
        complete = await answer_sign_in(tx, attempt=pending.attempt, answers={"totp": code_now(tools, app)})
    assert isinstance(complete, Complete)
    async with tools.writing(as_user(ada, session_id=complete.session.id)) as tx:
        await begin_step_up(tx)

    text = counters.render().decode()
    assert [line for line in text.splitlines() if line.startswith("doorward_sign_in_steps_total{")] == [
        'doorward_sign_in_steps_total{aim="sign-in",method="",step="begun"} 2.0',
        'doorward_sign_in_steps_total{aim="sign-in",method="password",step="refused"} 1.0',
        'doorward_sign_in_steps_total{aim="sign-in",method="password",step="asked"} 1.0',
        'doorward_sign_in_steps_total{aim="sign-in",method="totp",step="refused"} 1.0',
        'doorward_sign_in_steps_total{aim="sign-in",method="totp",step="complete"} 1.0',
        'doorward_sign_in_steps_total{aim="step-up",method="",step="begun"} 1.0',
    ]


async def test_counts_what_is_answered_from_memory(tools: Tools) -> None:
    def shown(cache: str) -> tuple[float, float]:
        found = {"hit": 0.0, "miss": 0.0}
        for line in counters.render().decode().splitlines():
            for result in found:
                if line.startswith(f'doorward_cache_lookups_total{{cache="{cache}",result="{result}"}} '):
                    found[result] = float(line.split()[-1])
        return found["hit"], found["miss"]

    counters = _shown(tools)
    before = shown("signing_keys")
    for seconds in (10, 1, 10):
        tools.clock.advance(seconds=seconds)  # type: ignore[attr-defined]
        async with tools.reading(system()) as tx:
            await ring(tx)
    assert shown("signing_keys") == (before[0] + 1, before[1] + 2)

    before = shown("user_agents")
    for made_up in ("one", "other", "one"):
        assert device_name(f"{made_up}-{before}/1.0")
    assert shown("user_agents") == (before[0] + 1, before[1] + 2)

    # Emptied, it begins anew; what was counted before stays in the sum.
    device_name.cache_clear()
    assert device_name("one/1.0")
    assert shown("user_agents") == (before[0] + 1, before[1] + 3)


async def test_counts_whose_address_was_known(tools: Tools) -> None:
    changed(tools, RateLimitSettings, enabled=True)
    limits = RateLimits(tools)
    counters = _shown(tools)
    for address in ("192.0.2.1", "192.0.2.1", "2001:db8::1", "192.0.2.1"):
        call = Call("request-1", address, {}, 0.0, tools.section(HttpSettings))
        assert limits.count_address(call, "read", last=True) is None
    text = counters.render().decode()
    assert 'doorward_cache_lookups_total{cache="client_networks",result="hit"} 2.0' in text
    assert 'doorward_cache_lookups_total{cache="client_networks",result="miss"} 2.0' in text
