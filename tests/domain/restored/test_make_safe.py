"""After a restore nothing works that may have ended since the backup was made, and the log says that there was one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from doorward.domain.access.authenticate import authenticate_token
from doorward.domain.access.refresh import refresh_tokens
from doorward.domain.keys.rotate import list_keys
from doorward.domain.one_time.values import Kind, make_value, read_value
from doorward.domain.restored.make_safe import Backup, Ended, keep_all, make_safe
from doorward.domain.risk.devices import Client, is_trusted
from doorward.domain.setup.link import check_link, new_link
from doorward.domain.setup.problems import SetupLinkInvalid
from doorward.domain.sign_in.answer import answer_sign_in
from doorward.domain.sign_in.begin import begin_sign_in
from doorward.domain.sign_in.complete import Complete, Pending
from doorward.domain.sign_in.problems import AttemptInvalid
from doorward.infra.tools import Tools
from doorward.kernel.actor import anonymous, operator
from doorward.kernel.problem import Problem, Unauthenticated
from tests.make.actors import ORIGIN, as_user, logged
from tests.make.authenticator_app import code_now, give_app
from tests.make.people import PASSWORD, make_user

pytestmark = pytest.mark.integration

KIND = Kind("restored-test", "rt")
BACKUP = Backup("2026-01-01T00:00:00Z", "0.1.0", "0002")


async def sign_in(tools: Tools) -> Complete:
    async with tools.writing(anonymous(ORIGIN)) as tx:
        outcome = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD)
    assert isinstance(outcome, Complete)
    return outcome


async def test_ends_every_session_whatever_it_is_held_by(tools: Tools) -> None:
    await make_user(tools)
    first, second = await sign_in(tools), await sign_in(tools)
    async with tools.writing(operator()) as tx:
        assert (await make_safe(tx, BACKUP)).sessions == 2
    for session in (first, second):
        assert session.access_token is not None
        assert session.refresh_token is not None
        with pytest.raises(Problem):
            await authenticate_token(tools, session.access_token, ORIGIN)
        with pytest.raises(Problem):
            async with tools.writing(anonymous(ORIGIN)) as tx:
                await refresh_tokens(tx, session.refresh_token)
    again = await sign_in(tools)
    assert again.access_token is not None
    await authenticate_token(tools, again.access_token, ORIGIN)


async def test_lets_no_former_key_verify(tools: Tools) -> None:
    async with tools.reading(operator()) as tx:
        former = {key.kid for key in await list_keys(tx)}
    async with tools.writing(operator()) as tx:
        await make_safe(tx, BACKUP)
    async with tools.reading(operator()) as tx:
        present = {key.kid for key in await list_keys(tx)}
    assert len(present) == 1
    assert not present & former


async def test_ends_links_codes_and_sign_ins_under_way(tools: Tools) -> None:
    ada = await make_user(tools)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        value_id = await make_value(tx, KIND, user_id=ada.id, data={}, lifetime=timedelta(hours=1))
    async with tools.writing(operator()) as tx:
        link = await new_link(tx)
    assert link is not None
    async with tools.writing(anonymous(ORIGIN)) as tx:
        pending = await begin_sign_in(tx, identifier="ada@example.com")
    assert isinstance(pending, Pending)
    async with tools.writing(operator()) as tx:
        assert (await make_safe(tx, BACKUP)).values == 2
    async with tools.reading(anonymous()) as tx:
        assert await read_value(tx, KIND, value_id) is None
        with pytest.raises(SetupLinkInvalid):
            await check_link(tx, link)
    with pytest.raises(AttemptInvalid):
        async with tools.writing(anonymous(ORIGIN)) as tx:
            await answer_sign_in(tx, attempt=pending.attempt, answers={"password": PASSWORD})


async def test_trusts_no_device_any_more(tools: Tools) -> None:
    ada = await make_user(tools)
    app = await give_app(tools, ada.id)
    client = Client(keeps=True, trust=True)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        pending = await begin_sign_in(tx, identifier="ada@example.com", password=PASSWORD, client=client)
    assert isinstance(pending, Pending)
    async with tools.writing(anonymous(ORIGIN)) as tx:
        outcome = await answer_sign_in(
            tx, attempt=pending.attempt, answers={"totp": code_now(tools, app)}, client=client
        )
    assert isinstance(outcome, Complete)
    async with tools.writing(operator()) as tx:
        assert (await make_safe(tx, BACKUP)).devices == 1
    async with tools.writing(anonymous(ORIGIN)) as tx:
        again = await begin_sign_in(
            tx, identifier="ada@example.com", password=PASSWORD, client=Client(outcome.device_secret, keeps=True)
        )
    assert isinstance(again, Pending)
    async with tools.reading(operator()) as tx:
        assert not await is_trusted(tx, ada.id, None)


async def test_leaves_one_trace_with_what_was_restored(tools: Tools) -> None:
    await make_user(tools)
    await sign_in(tools)
    async with tools.writing(operator()) as tx:
        await make_safe(tx, BACKUP)
    (event,) = await logged(tools, type_="database.restored")
    assert event.actor_kind == "operator"
    assert event.data == {
        "backup_made_at": "2026-01-01T00:00:00Z",
        "made_by": "0.1.0",
        "schema": "0002",
        "kept_sessions": False,
        "sessions_ended": 1,
        "values_voided": 0,
        "devices_distrusted": 0,
    }
    # And does no harm a second time.
    async with tools.writing(operator()) as tx:
        assert await make_safe(tx, BACKUP) == Ended()


async def test_keeps_everything_where_that_was_asked_for_and_says_so(tools: Tools) -> None:
    await make_user(tools)
    session = await sign_in(tools)
    async with tools.writing(operator()) as tx:
        await keep_all(tx, BACKUP)
    assert session.access_token is not None
    await authenticate_token(tools, session.access_token, ORIGIN)
    (event,) = await logged(tools, type_="database.restored")
    assert event.data["kept_sessions"] is True


async def test_is_for_the_operator_alone(tools: Tools) -> None:
    ada = await make_user(tools)
    for use_case in (make_safe, keep_all):
        with pytest.raises(Unauthenticated):
            async with tools.writing(anonymous()) as tx:
                await use_case(tx, BACKUP)
        with pytest.raises(Problem):
            async with tools.writing(as_user(ada, "users:write")) as tx:
                await use_case(tx, BACKUP)
