"""Sessions begin with what is known of the device, and are forgotten long after they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from doorward.domain.sessions import purge as module
from doorward.domain.sessions.device import device_name
from doorward.domain.sessions.end import end_session
from doorward.domain.sessions.list import open_sessions
from doorward.domain.sessions.purge import purge_sessions
from doorward.domain.sessions.settings import SessionsSettings
from doorward.domain.sessions.start import start_session
from doorward.domain.sessions.tables import sessions
from doorward.domain.sessions.views import session_view
from doorward.infra.database.statement import Query
from doorward.infra.outbox.tables import jobs
from doorward.infra.tools import Tools
from doorward.kernel.actor import Origin, anonymous, operator, system
from tests.make.actors import ORIGIN, logged
from tests.make.people import make_user
from tests.make.tools import changed

pytestmark = pytest.mark.integration

_COUNT = Query(select(func.count()).select_from(sessions), tuple[int])


async def count(tools: Tools) -> int:
    async with tools.reading(operator()) as tx:
        found = await tx.db.first(_COUNT)
    assert found is not None
    return found[0]


async def test_remembers_device_and_limits(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        started = await start_session(tx, user_id=ada.id, kind="cookie", methods=["pwd", "otp"])
    view = session_view(started.session, current=started.session.id)
    assert view["device"] == "Firefox on Linux"
    assert (view["address"], view["current"], view["methods"]) == (ORIGIN.address, True, ["pwd", "otp"])
    assert view["expires_at"] - view["created_at"] == timedelta(days=30)
    (event,) = await logged(tools, type_="session.started")
    assert event.data == {"kind": "cookie", "methods": ["pwd", "otp"]}
    assert event.person == {"address": ORIGIN.address, "user_agent": ORIGIN.user_agent}
    assert len(started.secret) == 43


async def test_cuts_what_a_device_says_of_itself(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(anonymous(Origin(user_agent="x" * 5000))) as tx:
        started = await start_session(tx, user_id=ada.id, kind="token", methods=[])
    assert started.session.user_agent == "x" * 512


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (None, "Unknown device"),
        ("", "Unknown device"),
        ("curl/8.5.0", "curl"),
        ("house-robot/1.0 (x)", "house-robot"),
        ("\x07\x07", "Unknown device"),
        (ORIGIN.user_agent, "Firefox on Linux"),
        ("/", "Unknown device"),
    ],
)
def test_names_devices_as_their_owners_do(agent: str | None, name: str) -> None:
    assert device_name(agent) == name


async def test_forgets_sessions_that_ended_or_ran_out_long_ago(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        ended = await start_session(tx, user_id=ada.id, kind="token", methods=[])
        await start_session(tx, user_id=ada.id, kind="token", methods=[])
    async with tools.writing(operator()) as tx:
        await end_session(tx, user_id=ada.id, session_id=ended.session.id, reason="revoked")
    for days, left in [(29, 2), (2, 1), (28, 1), (2, 0)]:
        tools.clock.advance(days=days)  # type: ignore[attr-defined]
        async with tools.writing(system()) as tx:
            await purge_sessions(tx, {})
        assert await count(tools) == left, days


async def test_goes_on_at_once_when_one_batch_was_not_enough(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    ada = await make_user(tools)
    async with tools.writing(operator()) as tx:
        for _ in range(3):
            await start_session(tx, user_id=ada.id, kind="token", methods=[])
    tools.clock.advance(days=61)  # type: ignore[attr-defined]
    async with tools.writing(system()) as tx:
        await purge_sessions(tx, {})
    async with tools.writing(system()) as tx:
        assert await tx.db.all(Query(select(jobs.c.kind), tuple[str])) == [(module.JOB,)]
        await purge_sessions(tx, {})
    assert await count(tools) == 0


async def test_beginning_one_too_many_ends_the_oldest(tools: Tools) -> None:
    changed(tools, SessionsSettings, most_per_user=2)
    ada, bob = await make_user(tools), await make_user(tools, "bob@example.com")
    begun = []
    for user in (bob, ada, ada, ada):
        async with tools.writing(anonymous(ORIGIN)) as tx:
            begun.append((await start_session(tx, user_id=user.id, kind="cookie", methods=["pwd"])).session.id)
    async with tools.reading(operator()) as tx:
        assert [session.id for session in await open_sessions(tx, ada.id)] == [begun[3], begun[2]]
        assert [session.id for session in await open_sessions(tx, bob.id)] == [begun[0]]
    (event,) = await logged(tools, type_="session.ended")
    assert event.data["reason"] == "too-many"
